"""Adds one row as a plain statement.

sqlite-utils' own `insert` asks for the names of all tables and views first, each time, and copies
the row: five times the work, on the way of every command.

What always holds: inside a transaction the row is part of it, else it is kept at once. What it does
not do: make tables or columns.
"""

from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database


def insert(database: Database, table: str, row: Mapping[str, Any]) -> None:
    """Add *row*, by column, to *table*; both names are ours, never somebody's input."""
    names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
    database.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", dict(row))  # noqa: S608  see above
