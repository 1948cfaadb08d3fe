"""The schedules of Pool, found by looking into this package."""
