"""Measures generated code side by side with what people would use in its place."""
