"""One run from the digits to a measured network: what train.py does once and compare.py twice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import figures
import machinery
from data import Digits, scaled
from figures import Figures
from fitting import Course, fit
from networks import build
from recipe import Recipe


@dataclass(frozen=True)
class Trained:
    """A trained network with how it was made and how well it reads the test digits."""

    recipe: Recipe
    model: Any
    """The keras.Model, uncompiled, of inference layers only."""
    course: Course
    figures: Figures

    @property
    def parameters(self) -> int:
        """Count the network's weights and biases."""
        return int(self.model.count_params())


def run(recipe: Recipe, digits: Digits, checkpoint: Path) -> Trained:
    """Train the network of a recipe and read the test digits with it."""
    keras = machinery.seeded(recipe.seed)
    network = build(keras, recipe)
    course = fit(keras, network, digits, recipe, checkpoint)
    # The forms share their layers, so the one that is saved is the one that is measured.
    answers = network.plain.predict(scaled(digits.x_test, network.shape), batch_size=1000, verbose=0)
    return Trained(recipe, network.plain, course, figures.count(digits.y_test, answers.argmax(axis=1)))
