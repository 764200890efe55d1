"""What was done with files, in SQLite; see `bastion.store.protocol.Files`."""

from collections.abc import Sequence
from dataclasses import asdict, fields

from sqlite_utils import Database

from bastion.store.rows import FileDeed


class SqliteFiles:
    """What was done with files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, deeds: Sequence[FileDeed]) -> None:
        """Keep them, all or none."""
        names = [field.name for field in fields(FileDeed)]
        places = ", ".join(f":{name}" for name in names)
        with self._database.conn as connection:
            connection.executemany(
                f"INSERT INTO files ({', '.join(names)}) VALUES ({places})",  # noqa: S608  the names are ours
                [asdict(deed) for deed in deeds],
            )

    def of(self, session_id: str) -> list[FileDeed]:
        """The session's, in order."""
        rows = self._database.query(
            "SELECT * FROM files WHERE session_id = ? ORDER BY number", [session_id]
        )
        return [FileDeed(**row) for row in rows]

    def search(self, text: str, limit: int) -> list[FileDeed]:
        """The newest whose path holds *text* or matches it as a glob, or of whose hash it is."""
        glob = text if set(text) & set("*?[") else f"*{text.replace('[', '[[]')}*"
        rows = self._database.query(
            "SELECT * FROM files WHERE path GLOB :glob OR other GLOB :glob"
            " OR read_sha256 = :text OR written_sha256 = :text ORDER BY at DESC LIMIT :limit",
            {"glob": glob, "text": text, "limit": limit},
        )
        return [FileDeed(**row) for row in rows]
