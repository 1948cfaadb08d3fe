"""What a network is run on: files and arrays of users, and random numbers."""
