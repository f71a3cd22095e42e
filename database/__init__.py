"""The database: engine and session scope, SQLite's front, claims, rows written once, locks, prepared statements,
sealed columns, migrations run.
"""
