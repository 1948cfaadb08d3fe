"""The schedules of Loop, found by looking into this package."""
