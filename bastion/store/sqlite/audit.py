"""The audit log in SQLite; see `bastion.store.protocol.Audit`.

What always holds: one writer at a time, also over processes (BEGIN IMMEDIATE), so `seq` has no gaps
and every entry is linked to the one before it.
"""

import json
from collections.abc import Callable
from typing import Any

from sqlite_utils import Database

from bastion.errors import StoreError
from bastion.store.rows import AuditEntry
from bastion.store.sqlite.insert import insert

_TYPES = {"at": float, "code": str, "subject": str, "detail": dict, "hash": str, "signature": str}


class SqliteAudit:
    """The audit log: entries are added, never changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, make: Callable[[AuditEntry | None], AuditEntry]) -> AuditEntry:
        """Add what *make* returns for the last entry so far."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            last = self._entries("SELECT * FROM audit ORDER BY seq DESC LIMIT 1", [])
            entry = make(last[0] if last else None)
            detail = json.dumps(entry.detail, sort_keys=True)
            insert(self._database, "audit", vars(entry) | {"detail": detail})
            self._database.execute("COMMIT")
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        return entry

    def entries(self, after: int, limit: int) -> list[AuditEntry]:
        """Entries with a higher seq than *after*, in order."""
        return self._entries(
            "SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", [after, limit]
        )

    def _entries(self, sql: str, parameters: list[Any]) -> list[AuditEntry]:
        return [_entry(row) for row in self._database.query(sql, parameters)]


def _entry(row: dict[str, Any]) -> AuditEntry:
    """The entry in *row*; raises StoreError where somebody has put there what is none."""
    try:
        entry = AuditEntry(**(row | {"detail": json.loads(row["detail"])}))
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreError(f"entry {row['seq']} of the audit log cannot be read: {error}") from error
    for name, expected in _TYPES.items():
        if not isinstance(getattr(entry, name), expected):
            raise StoreError(f"entry {row['seq']} of the audit log cannot be read: {name}")
    return entry
