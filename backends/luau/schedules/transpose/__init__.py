"""The schedules of Transpose, found by looking into this package."""
