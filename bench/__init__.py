"""Measurements: one module a subject, run by ``./pioneer bench`` or one by one by ``python -m bench.NAME``. See README.md."""
