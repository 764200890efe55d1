"""Opens the SQLite file: write-ahead log, migrations, and a read-only door for the viewer.

What always holds: the file and its folder are readable by their owner only; a reader opened by
`open_readonly` cannot write, whatever it is asked. What it does not do: share one connection
between threads at the same time.
"""

import os
import sqlite3
from pathlib import Path

from sqlite_utils import Database

from bastion.errors import StoreError, cause
from bastion.store.sqlite.audit import SqliteAudit
from bastion.store.sqlite.certificates import SqliteCertificates
from bastion.store.sqlite.credentials import SqliteCredentials
from bastion.store.sqlite.files import SqliteFiles
from bastion.store.sqlite.locks import SqliteLocks
from bastion.store.sqlite.requests import SqliteRequests
from bastion.store.sqlite.schema import migrations
from bastion.store.sqlite.sessions import SqliteSessions

_BUSY_MILLISECONDS = 5000


class SqliteStore:
    """The store in one SQLite file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.sessions = SqliteSessions(database)
        self.files = SqliteFiles(database)
        self.requests = SqliteRequests(database)
        self.certificates = SqliteCertificates(database)
        self.credentials = SqliteCredentials(database)
        self.audit = SqliteAudit(database)
        self.locks = SqliteLocks(database)

    def close(self) -> None:
        """Let go of the file."""
        self._database.conn.close()


def open_store(path: Path) -> SqliteStore:
    """The store at *path*, made or migrated as needed; raises StoreError."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        database = Database(sqlite3.connect(path, check_same_thread=False))
        database.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
        database.execute("PRAGMA synchronous=NORMAL")
        database.enable_wal()
        migrations.apply(database)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path}: cannot open the store: {cause(error)}") from error
    return SqliteStore(database)


def look_for(path: Path) -> None:
    """See that a store is at *path*, before it is opened for reading; raises StoreError."""
    try:
        path.stat()
    except FileNotFoundError as error:
        said = f"there is no record in {path.parent}: the bastion has not run with it"
        raise StoreError(said) from error
    except OSError as error:
        said = f"{path}: cannot read the store: {error.strerror}; run it as the bastion's user"
        raise StoreError(said) from error


def open_readonly(path: Path) -> SqliteStore:
    """The store at *path* for reading only; raises StoreError."""
    look_for(path)
    try:
        return SqliteStore(Database(_readonly_connection(path, "mode=ro")))
    except sqlite3.OperationalError as error:
        # Without its -wal beside it nobody has the file open. SQLite would make a new one, which a
        # folder that cannot be written (evidence, a backup) does not let it.
        if not path.with_name(f"{path.name}-wal").exists():
            return SqliteStore(Database(_unchanging_connection(path)))
        raise _unreadable(path, error) from error
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error


def _unchanging_connection(path: Path) -> sqlite3.Connection:
    try:
        return _readonly_connection(path, "mode=ro&immutable=1")
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error


def _readonly_connection(path: Path, options: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?{options}"
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
        connection.execute("PRAGMA query_only=on")
        connection.execute("SELECT 1 FROM sessions LIMIT 1")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _unreadable(path: Path, error: sqlite3.Error) -> StoreError:
    said = str(error)
    if said.startswith("no such table"):
        return StoreError(f"{path}: the store is empty: the bastion did not start with it yet")
    hint = "; run it as the bastion's user" if "unable to open" in said else ""
    return StoreError(f"{path}: cannot read the store: {said}{hint}")
