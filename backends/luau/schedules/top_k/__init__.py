"""The schedules of TopK, found by looking into this package."""
