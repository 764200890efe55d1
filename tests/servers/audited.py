"""What the audit log of a bastion holds, read beside it; and what a thief would make of it."""

import contextlib
import sqlite3
from pathlib import Path

from bastion.state import State
from bastion.store.rows import AuditEntry
from bastion.store.sqlite.database import open_readonly


def audited(state: State, *codes: str) -> list[AuditEntry]:
    """The entries of the *codes*, or all, oldest first."""
    with contextlib.closing(open_readonly(state.database)) as store:
        entries = store.audit.entries(0, 100_000)
    return [entry for entry in entries if not codes or entry.code in codes]


def tamper(database: Path, *statements: str) -> None:
    """Change the audit log as somebody could who has the file: without the triggers."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DROP TRIGGER audit_no_UPDATE")
        connection.execute("DROP TRIGGER audit_no_DELETE")
        for statement in statements:
            connection.execute(statement)
