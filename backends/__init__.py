"""What a Graph becomes."""
