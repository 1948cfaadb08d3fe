"""The compiler's own: the IR, its passes, and what the rooms around it share."""
