"""One op a file, found by looking into this package."""
