"""Damaged files, the same for a seed, of each kind that the compiler reads."""
