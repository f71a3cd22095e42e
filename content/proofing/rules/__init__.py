"""The rules, one kind a file: each takes a text and yields what it finds."""
