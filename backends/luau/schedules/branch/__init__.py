"""The schedules of Branch, found by looking into this package."""
