"""The schedules of Reduce, found by looking into this package."""
