"""Sealed credentials in SQLite; see `bastion.store.protocol.Credentials`."""

import sqlite3
from dataclasses import asdict

from sqlite_utils import Database

from bastion.store.rows import Credential


class SqliteCredentials:
    """Stored keys and passwords that open hosts, sealed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, credential: Credential) -> bool:
        """Keep one; False if there is one of that name, and then nothing changes."""
        try:
            self._database.table("credentials").insert(asdict(credential))
        except sqlite3.IntegrityError:
            return False
        return True

    def get(self, name: str) -> Credential | None:
        """The credential of that name."""
        rows = self._database.query("SELECT * FROM credentials WHERE name = ?", [name])
        return next((Credential(**row) for row in rows), None)

    def all(self) -> list[Credential]:
        """Every credential, by name."""
        rows = self._database.query("SELECT * FROM credentials ORDER BY name")
        return [Credential(**row) for row in rows]

    def rotate(self, credential: Credential) -> bool:
        """Put this in the place of the one of the same name and kind; False if there is none."""
        with self._database.conn:
            cursor = self._database.execute(
                "UPDATE credentials SET sealed = :sealed, public = :public, "
                "fingerprint = :fingerprint, rotated_at = :rotated_at, rotated_by = :rotated_by "
                "WHERE name = :name AND kind = :kind",
                asdict(credential),
            )
        return cursor.rowcount == 1

    def reseal(self, credential: Credential, sealed: bytes) -> bool:
        """Seal *credential* otherwise; False if it is not any more as it was."""
        with self._database.conn:
            cursor = self._database.execute(
                "UPDATE credentials SET sealed = ? WHERE name = ? AND kind = ? AND sealed = ?",
                [sealed, credential.name, credential.kind, credential.sealed],
            )
        return cursor.rowcount == 1

    def remove(self, name: str) -> bool:
        """Forget one; False if there is none."""
        with self._database.conn:
            cursor = self._database.execute("DELETE FROM credentials WHERE name = ?", [name])
        return cursor.rowcount == 1
