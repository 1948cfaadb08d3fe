"""The compiler: an IR, its passes, and the line that leads a model through them to Luau."""
