"""What everything stands on: the one clock, the kinds of error, logs, and named points at which a test may kill."""
