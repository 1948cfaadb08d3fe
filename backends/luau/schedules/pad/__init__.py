"""The schedules of Pad, found by looking into this package."""
