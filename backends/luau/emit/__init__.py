"""What writes a kernel's statements: functions, expressions, loop nests, constants."""
