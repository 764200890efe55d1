"""Requests for approval in SQLite; see `bastion.store.protocol.Requests`."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sqlite_utils import Database

from bastion.printable import encodable
from bastion.store.rows import Request

_CHANGEABLE = frozenset(
    {
        "decided_at",
        "decided_by",
        "decider",
        "decision_reason",
        "revoked_at",
        "revoker",
        "revoke_reason",
    }
)

# What waits already for the same access as the row.
_SAME = (
    "kind = 'access' AND state = 'pending' AND expires_at > :created_at AND subject = :subject"
    " AND target = :target AND login = :login AND approvers = :approvers"
)


class SqliteRequests:
    """Requests for approval."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, request: Request) -> None:
        """Keep a new request."""
        self._database.table("requests").insert(_row(request))

    def share(self, request: Request) -> Request:
        """Keep a request for access, or the one that already waits for the same; which it is.

        Looking and keeping are one statement, so that two processes cannot both keep theirs. The
        one that waits already stays from now on without anybody waiting, if *request* would.
        """
        row = _row(request)
        names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
        cursor = self._database.execute(
            f"INSERT INTO requests ({names}) SELECT {places}"  # noqa: S608  the names are ours
            f" WHERE NOT EXISTS (SELECT 1 FROM requests WHERE {_SAME})",
            row,
        )
        if cursor.rowcount == 1:
            return request
        if request.is_kept:
            self._database.execute(f"UPDATE requests SET is_kept = 1 WHERE {_SAME}", row)  # noqa: S608  ours
        found = self._requests(f"SELECT * FROM requests WHERE {_SAME}", row)  # noqa: S608  ours
        return found[0] if found else self.share(request)  # it was decided in between

    def leave(self, request_id: str) -> bool:
        """Cancel a request that waits, unless it is kept; whether it did."""
        cursor = self._database.execute(
            "UPDATE requests SET state = 'cancelled'"
            " WHERE id = ? AND state = 'pending' AND NOT is_kept",
            [request_id],
        )
        return cursor.rowcount == 1

    def asked(self, subject: str, since: float) -> int:
        """How many requests for access *subject* has made since then."""
        [[count]] = self._database.execute(
            "SELECT count(*) FROM requests"
            " WHERE kind = 'access' AND subject = ? AND created_at >= ?",
            [subject, since],
        ).fetchall()
        return int(count)

    def approved(self, now: float, subject: str | None = None) -> list[Request]:
        """Approved requests for access whose time is not over, of one subject or of all."""
        return self._requests(
            "SELECT * FROM requests WHERE kind = 'access' AND state = 'approved'"
            " AND decided_at + seconds > :now AND (:subject IS NULL OR subject = :subject)"
            " ORDER BY rowid",
            {"now": now, "subject": subject},
        )

    def some(self, request_ids: Iterable[str]) -> list[Request]:
        """The requests with those identifiers."""
        return self._requests(
            "SELECT * FROM requests WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(request_ids))],
        )

    def get(self, request_id: str) -> Request | None:
        """The request with that identifier."""
        found = self._requests("SELECT * FROM requests WHERE id = ?", [request_id])
        return found[0] if found else None

    def move(self, request_id: str, source: str, to: str, changes: Mapping[str, object]) -> bool:
        """Change the state from *source* to *to*, with *changes*; False if it was not *source*.

        The screen was for whoever decides, and may show what is nobody else's: it goes.
        """
        if not changes.keys() <= _CHANGEABLE:
            raise ValueError(f"a decision does not change {sorted(changes.keys() - _CHANGEABLE)}")
        names = "".join(f", {name} = :{name}" for name in changes)
        cursor = self._database.execute(
            f"UPDATE requests SET state = :to{names}, screen = ''"  # noqa: S608  the names are ours
            " WHERE id = :id AND state = :source",
            {"id": request_id, "source": source, "to": to, **changes},
        )
        return cursor.rowcount == 1

    def states(self, request_ids: Iterable[str]) -> dict[str, str]:
        """The state of each of the requests."""
        rows = self._database.query(
            "SELECT id, state FROM requests WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(request_ids))],
        )
        return {row["id"]: row["state"] for row in rows}

    def pending(self) -> list[Request]:
        """The requests in state `pending`, oldest first."""
        return self._requests("SELECT * FROM requests WHERE state = 'pending' ORDER BY rowid", [])

    def latest(self, limit: int) -> list[Request]:
        """The newest requests first, whatever their state."""
        return self._requests("SELECT * FROM requests ORDER BY rowid DESC LIMIT ?", [limit])

    def _requests(self, sql: str, parameters: list[Any] | dict[str, Any]) -> list[Request]:
        return [_request(row) for row in self._database.query(sql, parameters)]


def _row(request: Request) -> dict[str, Any]:
    lists = {
        "dangerous": json.dumps(request.dangerous),
        "approvers": json.dumps(request.approvers),
        "resolved": json.dumps(request.resolved),
    }
    row = asdict(request) | lists
    for name in ("text", "directory", "screen"):  # of a shell, which may tell bytes that are none
        row[name] = encodable(row[name])
    return row


def _request(row: dict[str, Any]) -> Request:
    """The request of *row*; an older store, read as it is, lacks the newest columns."""
    found = {
        "dangerous": tuple((start, end) for start, end in json.loads(row["dangerous"])),
        "approvers": tuple(json.loads(row["approvers"])),
        "resolved": tuple(json.loads(row.get("resolved", "[]"))),
        "is_kept": bool(row.get("is_kept")),
    }
    return Request(**(row | found))
