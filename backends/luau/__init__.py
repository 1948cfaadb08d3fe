"""Graph to Luau: operators, schedules, weights, the build folder; and Lune, which runs it."""
