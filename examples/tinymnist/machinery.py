"""TensorFlow and Keras, imported when they are first needed: `--help` should not wait for them."""

from __future__ import annotations

import os
from typing import Any

from failures import MissingPackageError

INSTALL = 'pip install "onnx2luau[train]"'


def keras() -> Any:
    """Import Keras on TensorFlow, quietly, or say how to install it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # oneDNN's kernels go by the processor's make, and the same seed would train other weights elsewhere.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    # Op determinism below is TensorFlow's, so no other backend will do.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        import keras  # noqa: PLC0415
        import tensorflow  # noqa: F401, PLC0415
    except ImportError as error:
        raise MissingPackageError(f"Training needs TensorFlow: {INSTALL}") from error
    return keras


def seeded(seed: int) -> Any:
    """Give Keras with every source of chance set to `seed`: the same seed trains the same weights."""
    module = keras()
    import tensorflow  # noqa: PLC0415

    # Several threads add up in parts, as many as the machine has cores; one adds the same way everywhere.
    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    module.utils.set_random_seed(seed)
    tensorflow.config.experimental.enable_op_determinism()
    return module
