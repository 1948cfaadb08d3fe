"""Compiles trained neural networks into small, fast, readable Luau."""
