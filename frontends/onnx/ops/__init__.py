"""Operator import functions by family, found by looking into this package."""
