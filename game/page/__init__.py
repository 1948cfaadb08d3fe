"""The digit game as a page: the same Luau, run by luau-web."""
