"""The database: engine and session scope, SQLite's front, prepared statements, sealed columns, migrations run."""
