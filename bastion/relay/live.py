"""The sessions and connections that live in this process, for whoever ends or awaits them.

What always holds: a session is here from its start until its journal is closed, a connection from
its login until it is gone. What it does not do: know those of other processes, or decide.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bastion.authorization import Authorization, Channel
from bastion.identity import Identity
from bastion.refusal import Refusal


@dataclass(frozen=True)
class Revocation:
    """Why something living is ended from outside.

    Attributes:
        refusal: what the user is told; its code becomes the session's ending.
        detail: particulars for the audit log.
    """

    refusal: Refusal
    detail: Mapping[str, Any] = field(default_factory=dict)


class LiveSession(Protocol):
    """A session as seen from outside: who is in it, what moves, and how to end it.

    Attributes:
        authorization: what opened it, or lets it go on.
        taken_bytes: how much has come from the user.
        given_bytes: how much has come from the host.
    """

    authorization: Authorization

    @property
    def session_id(self) -> str:
        """Its identifier; empty until its journal is open."""
        ...

    @property
    def kind(self) -> Channel:
        """What kind of channel it is."""
        ...

    @property
    def has_terminal(self) -> bool:
        """Whether somebody sits at a terminal."""
        ...

    @property
    def is_full_screen(self) -> bool:
        """Whether a full-screen program is shown."""
        ...

    @property
    def taken_bytes(self) -> int:
        """How much has come from the user."""
        ...

    @property
    def given_bytes(self) -> int:
        """How much has come from the host."""
        ...

    def warn(self, sentence: str) -> None:
        """Show *sentence* in the session."""
        ...

    def revoke(self, revocation: Revocation) -> None:
        """End it, with a sentence; once it has ended, nothing more."""
        ...


class LiveConnection(Protocol):
    """A connection of somebody who has logged in, or where a host listens for one."""

    @property
    def identity(self) -> Identity | None:
        """Who it is."""
        ...

    @property
    def authorization(self) -> Authorization | None:
        """What its upstream connection was opened with; None while it has none."""
        ...

    def may(self, answer: Authorization) -> Refusal | None:
        """Whether *answer*, what the rules of now say, lets it go on."""
        ...

    def leave(self, refusal: Refusal) -> None:
        """Close it and what was opened for it, and say why."""
        ...


class Live:
    """What lives."""

    def __init__(self) -> None:
        self._sessions: dict[asyncio.Task[None], LiveSession] = {}
        self._connections: dict[LiveConnection, None] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def sessions(self) -> list[LiveSession]:
        """The living sessions, oldest first."""
        return list(self._sessions.values())

    @property
    def connections(self) -> list[LiveConnection]:
        """The living connections, oldest first."""
        return list(self._connections)

    def watch(self, session: LiveSession, task: asyncio.Task[None]) -> None:
        """Know *session*, which *task* runs, until it is done."""
        self._sessions[task] = session
        task.add_done_callback(self._forget)

    def enter(self, connection: LiveConnection) -> None:
        """Know *connection*, which has logged in."""
        self._connections[connection] = None

    def leave(self, connection: LiveConnection) -> None:
        """Forget *connection*, which is gone."""
        self._connections.pop(connection, None)

    async def drained(self, seconds: float) -> bool:
        """Wait until every session has ended; False if some did not within *seconds*."""
        if not self._sessions:
            return True
        _, late = await asyncio.wait(list(self._sessions), timeout=seconds)
        return not late

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._sessions.pop(task, None)
