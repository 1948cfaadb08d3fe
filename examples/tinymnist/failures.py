"""What can go wrong, each as one sentence for the person at the keyboard."""

from __future__ import annotations


class ExampleError(Exception):
    """A wrong option or file: the sentence says what is wrong and what to do about it."""

    status = 2


class MissingPackageError(ExampleError):
    """A Python package that training needs is not installed."""

    status = 3
