"""The schedules of Slice, found by looking into this package."""
