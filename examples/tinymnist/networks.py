"""The two networks: one hidden layer as in TinyMNIST, and a small convolutional one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data import CLASSES, SIDE
from recipe import Recipe

TURN = 10 / 360
"""Augmentation turns by at most ten degrees, in parts of a full turn as Keras counts."""
SHIFT = 0.1
"""Augmentation moves by at most this share of the picture."""


@dataclass(frozen=True)
class Network:
    """One network in two forms which share their layers, and so their weights."""

    plain: Any
    """The keras.Model to save: never compiled, so that it holds no optimiser, and nothing but inference."""
    training: Any
    """The keras.Model to fit: with the layers that augment the digits and drop values out."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Give the shape of one digit as the network takes it, without the batch."""
        return tuple(self.plain.input_shape[1:])


def build(keras: Any, recipe: Recipe) -> Network:
    """Build the network of a recipe, its weights drawn from the seed that Keras was given."""
    shape, layers = _convolutional(keras) if recipe.cnn else _dense(keras, recipe.hidden)
    plain = keras.Sequential([keras.Input(shape, name="pixels"), *layers], name=recipe.name)
    body = [*layers[:-1], *_dropout(keras, recipe.dropout), layers[-1]]
    before = _augmentation(keras, shape) if recipe.augment else []
    training = keras.Sequential([keras.Input(shape), *before, *body], name=f"{recipe.name}_training")
    return Network(plain, training)


def _dense(keras: Any, hidden: int) -> tuple[tuple[int, ...], list[Any]]:
    layers = keras.layers
    return (SIDE * SIDE,), [
        layers.Dense(hidden, activation="relu", name="hidden"),
        layers.Dense(CLASSES, activation="softmax", name="digits"),
    ]


def _convolutional(keras: Any) -> tuple[tuple[int, ...], list[Any]]:
    layers = keras.layers
    return (SIDE, SIDE, 1), [
        layers.Conv2D(8, 3, padding="same", activation="relu", name="conv1"),
        layers.MaxPooling2D(2, name="pool1"),
        layers.Conv2D(16, 3, padding="same", activation="relu", name="conv2"),
        layers.MaxPooling2D(2, name="pool2"),
        layers.Flatten(name="flatten"),
        layers.Dense(64, activation="relu", name="hidden"),
        layers.Dense(CLASSES, activation="softmax", name="digits"),
    ]


def _dropout(keras: Any, share: float) -> list[Any]:
    return [keras.layers.Dropout(share, name="dropout")] if share else []


def _augmentation(keras: Any, shape: tuple[int, ...]) -> list[Any]:
    layers = keras.layers
    # Black, not the mirrored edge that Keras fills with by default: paper around a digit holds no ink.
    filled = {"fill_mode": "constant", "fill_value": 0.0}
    return [
        layers.Reshape((SIDE, SIDE, 1), name="picture"),
        layers.RandomRotation(TURN, name="turn", **filled),
        layers.RandomTranslation(SHIFT, SHIFT, name="shift", **filled),
        layers.Reshape(shape, name="as_input"),
    ]
