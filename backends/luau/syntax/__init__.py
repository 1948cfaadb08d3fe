"""Luau as a tree, and its printer."""
