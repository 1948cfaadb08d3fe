"""The schedules of Dense, found by looking into this package."""
