"""The schedules of Concat, found by looking into this package."""
