"""Graph to Luau."""
