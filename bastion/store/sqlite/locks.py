"""Locks in SQLite; see `bastion.store.protocol.Locks`."""

from dataclasses import asdict
from typing import Any

from sqlite_utils import Database

from bastion.store.rows import Lock


class SqliteLocks:
    """Locks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, lock: Lock) -> None:
        """Keep a new lock."""
        self._database.table("locks").insert(asdict(lock))

    def lift(self, lock_id: str, at: float, by: str) -> bool:
        """End a lock; False if it has ended already, or is unknown."""
        cursor = self._database.execute(
            "UPDATE locks SET lifted_at = :at, lifted_by = :by WHERE id = :id"
            " AND lifted_at IS NULL AND (expires_at IS NULL OR expires_at > :at)",
            {"id": lock_id, "at": at, "by": by},
        )
        return cursor.rowcount == 1

    def standing(self, now: float) -> list[Lock]:
        """The locks in force at *now*, oldest first."""
        return self._locks(
            "SELECT * FROM locks WHERE lifted_at IS NULL"
            " AND (expires_at IS NULL OR expires_at > ?) ORDER BY created_at, rowid",
            [now],
        )

    def latest(self, limit: int) -> list[Lock]:
        """The newest locks first, those that have ended too."""
        return self._locks("SELECT * FROM locks ORDER BY rowid DESC LIMIT ?", [limit])

    def _locks(self, sql: str, parameters: list[Any]) -> list[Lock]:
        return [Lock(**row) for row in self._database.query(sql, parameters)]
