"""The schedules of Scan, found by looking into this package."""
