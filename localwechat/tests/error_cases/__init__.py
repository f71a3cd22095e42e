"""Calls that the platform refuses, by subject; see `register.py`."""
