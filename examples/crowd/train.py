"""Trains the brain to steer as the teacher does, and writes brain.keras and its card, brain.json.

Run it as `python train.py`; it takes a minute or two. The same seed gives the same weights.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import lessons
import numpy as np
import senses
import teacher
from lessons import FIRST_TEST_SEED, Steer
from numpy.typing import NDArray
from senses import Numbers

FOLDER = Path(__file__).parent
HIDDEN = 32
WORLDS, TICKS = 12, 300
"""For each round of lessons."""
ROUNDS = 4
"""In the first the teacher steers, in the others the brain of the round before, which is corrected."""
EPOCHS = 8
"""For each round; the last one has three times as many."""
BATCH = 256
TESTS, TEST_TICKS = 5, 1200


def main() -> None:
    """Train, measure, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--output", type=Path, default=FOLDER / "brain.keras", metavar="FILE.keras")
    chosen = options.parse_args()
    began = time.perf_counter()
    keras = _seeded(chosen.seed)
    brain = _build(keras)
    examples = _teach(keras, brain)
    seconds = time.perf_counter() - began
    brain.save(chosen.output, include_optimizer=False)
    card = {
        "model": chosen.output.name,
        "model_sha256": hashlib.sha256(chosen.output.read_bytes()).hexdigest(),
        "seed": chosen.seed,
        "parameters": int(brain.count_params()),
        "examples": examples,
        "seconds": round(seconds, 1),
        **_measure(brain),
        "versions": {"keras": keras.__version__, "numpy": np.__version__},
    }
    chosen.output.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(card, indent=2))


def steering(brain: Any) -> Steer:
    """Give the function from senses to actions that a Keras network stands for.

    numpy computes it: for twenty characters Keras would take longer to begin than to finish.
    """
    first, second, last = [layer.get_weights() for layer in brain.layers]

    def steer(sensed: Numbers) -> NDArray[np.int64]:
        hidden = np.maximum(sensed @ first[0] + first[1], 0)
        hidden = np.maximum(hidden @ second[0] + second[1], 0)
        actions: NDArray[np.int64] = (hidden @ last[0] + last[1]).argmax(axis=1)
        return actions

    return steer


def _build(keras: Any) -> Any:
    dense = keras.layers.Dense
    layers = [
        keras.Input((senses.COUNT,), name="senses"),
        dense(HIDDEN, activation="relu", name="first"),
        dense(HIDDEN, activation="relu", name="second"),
        # Scores: the largest is the action, and no softmax would change which one that is.
        dense(len(teacher.ACTIONS), name="actions"),
    ]
    return keras.Sequential(layers, name="brain")


def _teach(keras: Any, brain: Any) -> int:
    """Train in rounds; give how many examples there were in the end."""
    # A second model with the same layers, so that the one that is saved holds no optimiser.
    student = keras.Sequential(brain.layers)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # Many steps at once: one by one, calling TensorFlow would take most of the time.
    student.compile(optimizer=keras.optimizers.Adam(2e-3), loss=loss, steps_per_execution=64)
    x, y = np.empty((0, senses.COUNT)), np.empty(0, np.int64)
    for number in range(ROUNDS):
        steer = steering(brain) if number else teacher.choose
        worlds = range(number * WORLDS, (number + 1) * WORLDS)
        seen, answers = lessons.collect(steer, worlds, TICKS, slips=0.1)
        x, y = np.concatenate([x, seen]), np.concatenate([y, answers])
        if number == ROUNDS - 1:
            student.optimizer.learning_rate = keras.optimizers.schedules.CosineDecay(
                2e-3, 3 * EPOCHS * len(x) // BATCH
            )
        student.fit(x, y, batch_size=BATCH, epochs=EPOCHS * (3 if number == ROUNDS - 1 else 1), verbose=0)
    return len(x)


def _measure(brain: Any) -> dict[str, Any]:
    """Drive through worlds that the brain has not seen, and the teacher through the same."""
    worlds = range(FIRST_TEST_SEED, FIRST_TEST_SEED + TESTS)
    steer = steering(brain)
    x, y = lessons.collect(steer, worlds, TICKS)
    return {
        "agreement": round(float((steer(x) == y).mean()), 4),
        "brain": lessons.drive(steer, worlds, TEST_TICKS),
        "teacher": lessons.drive(teacher.choose, worlds, TEST_TICKS),
    }


def _seeded(seed: int) -> Any:
    """Give Keras with every source of chance set to `seed`."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # oneDNN's kernels go by the processor's make, and the same seed would train other weights elsewhere.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras  # noqa: PLC0415 - `--help` should not wait for it
    import tensorflow  # noqa: PLC0415

    # Several threads add up in parts, as many as the machine has cores; one adds the same way everywhere.
    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    keras.utils.set_random_seed(seed)
    tensorflow.config.experimental.enable_op_determinism()
    return keras


if __name__ == "__main__":
    main()
