"""The schedules of Softmax, found by looking into this package."""
