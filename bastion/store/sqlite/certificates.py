"""Issued certificates in SQLite; see `bastion.store.protocol.Certificates`."""

import json
import sqlite3
from dataclasses import asdict

from sqlite_utils import Database

from bastion.store.rows import Certificate


class SqliteCertificates:
    """User certificates that were issued."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, certificate: Certificate) -> bool:
        """Keep one; False if its token was exchanged before, and then nothing is kept."""
        row = asdict(certificate) | {"groups": json.dumps(certificate.groups)}
        try:
            self._database.table("certificates").insert(row)
        except sqlite3.IntegrityError as error:
            if "token_sha256" not in str(error):
                raise
            return False
        return True

    def newest(self, name: str) -> Certificate | None:
        """The one issued last to whose subject or account is *name*; a subject goes before."""
        rows = self._database.query(
            "SELECT * FROM certificates WHERE subject = :name OR account = :name"
            " ORDER BY subject = :name DESC, issued_at DESC, serial DESC LIMIT 1",
            {"name": name},
        )
        row = next(iter(rows), None)
        if row is None:
            return None
        return Certificate(**row | {"groups": tuple(json.loads(row["groups"]))})
