"""What the database promises to all who write to it."""
