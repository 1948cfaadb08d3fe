"""The schedules of Pointwise, found by looking into this package."""
