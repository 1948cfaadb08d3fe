"""The schedules of Expand, found by looking into this package."""
