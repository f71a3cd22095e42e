"""Pushing under load."""
