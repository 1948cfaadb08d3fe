"""Models of Keras that several files of tests read."""

from __future__ import annotations

import numpy as np
import pytest

from onnx2luau.frontends.keras import packages


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """The same small model as .keras, .h5 and SavedModel, and its answer to one sample."""
    # It imports TensorFlow, which other tests do without.
    from tests.frontends.keras_models import digits

    folder = tmp_path_factory.mktemp("keras")
    model = digits()
    with packages.quiet():
        model.save(folder / "digits.keras")
        model.save(folder / "digits.h5")
        model.export(folder / "digits", verbose=False)
    sample = np.linspace(-1, 1, 8, dtype=np.float32)[None]
    return folder, sample, model.predict(sample, verbose=0)


@pytest.fixture
def dense(tmp_path):
    # It imports TensorFlow, which other tests do without.
    from tests.frontends.keras_models import keras, layers

    path = tmp_path / "dense"
    with packages.quiet():
        keras.Sequential([keras.Input((4,), name="x"), layers.Dense(3)]).export(path, verbose=False)
    return path
