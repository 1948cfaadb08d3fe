"""The schedules of Reshape, found by looking into this package."""
