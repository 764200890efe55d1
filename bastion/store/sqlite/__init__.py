"""The store in one SQLite file, by sqlite-utils."""
