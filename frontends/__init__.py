"""Foreign models in, a Graph out."""
