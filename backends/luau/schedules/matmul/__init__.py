"""The schedules of Matmul, found by looking into this package."""
