"""What each pass must do to a graph, and what it must leave alone: a file a pass."""
