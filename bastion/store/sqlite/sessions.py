"""Sessions, judged commands and logins in SQLite; see `bastion.store.protocol.Sessions`."""

from dataclasses import asdict
from typing import Any

from sqlite_utils import Database

from bastion.printable import encodable
from bastion.store.rows import STREAMS, Command, Login, Ran, Session, SessionSummary
from bastion.store.sqlite.insert import insert

_STREAMS = ", ".join(f"'{kind}'" for kind in STREAMS)


class SqliteSessions:
    """Sessions and the commands judged in them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, session: Session, most: int | None = None) -> bool:
        """Keep a session that begins; False where its subject has *most* open already.

        Counting and keeping are one statement, so that two processes cannot both keep the last.
        """
        row = asdict(session)
        names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
        cursor = self._database.execute(
            f"INSERT INTO sessions ({names}) SELECT {places} WHERE :most IS NULL OR :most >"  # noqa: S608  the names are ours
            " (SELECT count(*) FROM sessions WHERE subject = :subject AND ended_at IS NULL"
            f" AND kind NOT IN ({_STREAMS}))",
            row | {"most": most},
        )
        return cursor.rowcount == 1

    def close(self, session_id: str, ended_at: float, ending: str, status: int | None) -> None:
        """Note a session's end; a session that has ended already stays as it is."""
        self._database.execute(
            "UPDATE sessions SET ended_at = ?, ending = ?, exit_status = ?"
            " WHERE id = ? AND ended_at IS NULL",
            [ended_at, ending, status, session_id],
        )

    def unfinished(self) -> list[Session]:
        """Sessions without an end."""
        return self._sessions("SELECT * FROM sessions WHERE ended_at IS NULL ORDER BY rowid", [])

    def find(self, name: str) -> list[Session]:
        """Sessions whose identifier is, starts with or ends with *name*; at most two."""
        exact = self._sessions("SELECT * FROM sessions WHERE id = ?", [name])
        if exact or not name.isalnum():
            return exact
        return self._sessions(
            "SELECT * FROM sessions WHERE id LIKE ? || '%' OR id LIKE '%' || ? LIMIT 2",
            [name, name],
        )

    def latest(self, limit: int) -> list[SessionSummary]:
        """The newest sessions first, with their verdicts counted."""
        sessions = self._sessions("SELECT * FROM sessions ORDER BY rowid DESC LIMIT ?", [limit])
        counts: dict[str, dict[str, int]] = {session.id: {} for session in sessions}
        for row in self._rows(
            "SELECT session_id, verdict, count(*) AS n FROM commands WHERE session_id IN"
            " (SELECT id FROM sessions ORDER BY rowid DESC LIMIT ?) GROUP BY 1, 2",
            [limit],
        ):
            counts.get(row["session_id"], {})[row["verdict"]] = row["n"]
        return [SessionSummary(session, counts[session.id]) for session in sessions]

    def of(self, subject: str, limit: int) -> list[Session]:
        """The newest sessions of *subject*, newest first."""
        return self._sessions(
            "SELECT * FROM sessions WHERE subject = ? ORDER BY rowid DESC LIMIT ?",
            [subject, limit],
        )

    def add_command(self, command: Command) -> None:
        """Keep a judged command."""
        row = vars(command) | {"text": encodable(command.text)}  # a shell may tell other bytes
        insert(self._database, "commands", row)

    def set_outcome(self, command_id: str, outcome: str, by: str) -> None:
        """Note what became of a command."""
        self._database.execute(
            "UPDATE commands SET outcome = ?, outcome_by = ? WHERE id = ?",
            [outcome, by, command_id],
        )

    def ran_since(self, at: float) -> list[Ran]:
        """The commands judged since then, alike ones together, the last of them first."""
        rows = self._rows(
            "SELECT c.text, c.source, c.verdict, c.rule, s.subject, s.target, s.login,"
            " max(c.at) AS at, count(*) AS times FROM commands c JOIN sessions s"
            " ON s.id = c.session_id WHERE c.at >= ? GROUP BY 1, 2, 3, 4, 5, 6, 7"
            " ORDER BY max(c.at) DESC",
            [at],
        )
        return [Ran(**row) for row in rows]

    def commands(self, session_id: str) -> list[Command]:
        """The session's commands, oldest first."""
        rows = self._rows(
            "SELECT * FROM commands WHERE session_id = ? ORDER BY rowid", [session_id]
        )
        return [Command(**row) for row in rows]

    def add_login(self, login: Login) -> None:
        """Keep a login."""
        insert(self._database, "logins", vars(login))

    def logins_since(self, subject: str, at: float) -> int:
        """How often a person has logged in by ssh since *at*."""
        rows = self._rows(
            "SELECT count(*) AS number FROM logins WHERE subject = ? AND at >= ? AND kind = 'ssh'",
            [subject, at],
        )
        return int(next(iter(rows))["number"])

    def logins(self, limit: int) -> list[Login]:
        """The newest logins first."""
        rows = self._rows(
            "SELECT at, kind, subject, account, address, serial FROM logins"
            " ORDER BY rowid DESC LIMIT ?",
            [limit],
        )
        return [Login(**row) for row in rows]

    def _sessions(self, sql: str, parameters: list[Any]) -> list[Session]:
        return [Session(**row) for row in self._rows(sql, parameters)]

    def _rows(self, sql: str, parameters: list[Any]) -> list[dict[str, Any]]:
        return list(self._database.query(sql, parameters))
