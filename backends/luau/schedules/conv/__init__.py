"""The schedules of Conv, found by looking into this package."""
