"""The life of one forwarded connection: a stream to where the rules let it lead, and its record.

    journal opens → the other side's channel opens → bytes both ways → both close → journal closes

The stream is a connection (`-L`, `-D`, `-W`, `-R`), an ssh-agent or a display. Each has a session
of its own in the store, the audit log and the recordings, and is ended like any other.

What always holds: nothing is opened before the journal is; what is not allowed any more ends; a
stream that turns out to be SSH ends, unless a rule names that very place. What it does not do:
decide where anything may lead (`bastion.policy.forwards`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncssh
import structlog

from bastion.audit.entry import AuditCode
from bastion.authorization import Authorization, Channel
from bastion.errors import RecordingError, StoreError, UpstreamError
from bastion.events import Carried, Input, Output
from bastion.printable import printable
from bastion.refusal import Code, Refusal
from bastion.relay.journal import Journal, Opening
from bastion.relay.live import Revocation
from bastion.relay.pipe import OTHER, Half, Pipe, Side

_LOG = structlog.get_logger()
_SSH = b"SSH-"  # RFC 4253 section 4.2: how both sides of an SSH connection begin
_MAX_REASON = 128

OpenJournal: TypeAlias = Callable[[Opening], Awaitable[Journal | Refusal]]
May: TypeAlias = Callable[[Authorization], Refusal | None]
Depart: TypeAlias = Callable[[Callable[[], Half]], Awaitable[object]]
"""Opens the other channel with the given session; raises asyncssh.Error, OSError, UpstreamError."""


@dataclass(frozen=True)
class Carriage:
    """What is carried.

    Attributes:
        kind: of channel, for the rules.
        place: where it leads, for the record.
        arrives: whose channel was there first; the other one's is to be opened.
        may: a refusal where an authorization does not let it lead there.
        may_be_ssh: whether a rule says that there is SSH, and that it may pass.
        is_kept: whether its bytes are kept in the record.
    """

    kind: Channel
    place: str
    arrives: Side
    may: May
    may_be_ssh: bool = False
    is_kept: bool = False


class _FoundSshError(Exception):
    """The stream is an SSH connection."""


_CODES: Mapping[type[Exception], Code] = {
    _FoundSshError: Code.SSH_NOT_FORWARDED,
    RecordingError: Code.RECORDING_FAILED,
    StoreError: Code.STORE_UNAVAILABLE,
    OSError: Code.HOST_UNREACHABLE,
    asyncssh.Error: Code.HOST_UNREACHABLE,
}


class ForwardSession:
    """One forwarded connection."""

    def __init__(
        self,
        carriage: Carriage,
        authorization: Authorization,
        open_journal: OpenJournal,
        depart: Depart,
    ) -> None:
        self._carriage, self._open_journal, self._depart = carriage, open_journal, depart
        self._authorization = authorization
        self._pipe = Pipe(self._inspect)
        self._heads: dict[Side, bytes] = {} if carriage.may_be_ssh else {"user": b"", "host": b""}
        self._journal: Journal | None = None
        self._revocation: Revocation | None = None
        self._task: asyncio.Task[None] | None = None
        self._began, self._is_departing = 0.0, False
        self._ready: asyncio.Future[Half | Refusal] = asyncio.get_running_loop().create_future()

    def start(self) -> asyncio.Task[None]:
        """Begin; the task ends when the journal is closed."""
        self._began = asyncio.get_running_loop().time()
        self._task = asyncio.create_task(self._run())
        return self._task

    async def ready(self) -> Half | Refusal:
        """The session of the channel that arrived, once the other one is open; or why not."""
        return await asyncio.shield(self._ready)

    @property
    def is_arriving(self) -> bool:
        """Whether a host has begun it and no channel of the user's is counted for it yet."""
        is_begun = self._is_departing or self._ready.done()
        return self._carriage.arrives == "host" and not is_begun

    def close(self) -> None:
        """What it belongs to is gone."""
        if self._task is not None and not self._pipe.over.done():
            self._task.cancel()

    # For the warden (live.LiveSession).

    @property
    def authorization(self) -> Authorization:
        """What opened it, or lets it go on."""
        return self._authorization

    @authorization.setter
    def authorization(self, answer: Authorization) -> None:
        self._authorization = answer
        if refusal := self._carriage.may(answer):
            cause = f"no connection to {refusal.detail} any more"
            self.revoke(Revocation(Refusal(Code.REVOKED), {"cause": cause}))

    @property
    def session_id(self) -> str:
        """Its identifier; empty until its journal is open."""
        return self._journal.session.id if self._journal else ""

    @property
    def kind(self) -> Channel:
        """What kind of channel it is."""
        return self._carriage.kind

    @property
    def has_terminal(self) -> bool:
        """Nobody sits at a terminal."""
        return False

    @property
    def is_full_screen(self) -> bool:
        """Nothing is shown."""
        return False

    @property
    def taken_bytes(self) -> int:
        """How much has come from the user."""
        return self._pipe.carried["user"]

    @property
    def given_bytes(self) -> int:
        """How much has come from the host."""
        return self._pipe.carried["host"]

    def warn(self, sentence: str) -> None:
        """A stream has no place for a sentence; the log has it."""
        _LOG.info("a forwarded connection ends soon", session=self.session_id, why=sentence)

    def revoke(self, revocation: Revocation) -> None:
        """End it; once it has ended, nothing more."""
        if self._task is None or self._revocation is not None or self._pipe.over.done():
            return
        self._revocation = revocation
        self._task.cancel()

    async def _run(self) -> None:
        ending = "lost"
        try:
            ending = await self._ending()
        finally:
            self._settle(Refusal(Code.INTERNAL))
            self._pipe.close()
            if self._journal is not None:
                await asyncio.shield(self._close(self._journal, ending))

    async def _ending(self) -> str:
        """Serve until the end; every failure becomes a named ending."""
        try:
            return await self._serve()
        except asyncio.CancelledError:
            return await self._revoked(self._revocation) if self._revocation else "lost"
        except Exception as error:  # noqa: BLE001  the last net; `_failed` logs what it is
            return await self._failed(error)

    async def _serve(self) -> str:
        opening = Opening(str(self._carriage.kind), self._carriage.place)
        journal = await self._open_journal(opening)
        if isinstance(journal, Refusal):
            self._settle(journal)
            return str(journal.code)
        self._journal = journal
        arriving = self._pipe.halves[self._carriage.arrives]
        departing = self._pipe.halves[OTHER[self._carriage.arrives]]
        self._is_departing = True  # its channel counts from now on, before it is open
        await self._depart(lambda: departing)
        self._settle(arriving)
        await self._pipe.over
        return "exit"

    def _inspect(self, side: Side, data: bytes) -> bytes:
        """Keep what is kept, and see whether it is SSH; raises RecordingError."""
        if side in self._heads:
            self._look_for_ssh(side, data)
        if self._carriage.is_kept and self._journal is not None:
            self._journal.record(Input(data) if side == "user" else Output(data))
        return data

    def _look_for_ssh(self, side: Side, data: bytes) -> None:
        """Look at how *side* begins; what it has sent is not held, for somebody may wait for it."""
        head = self._heads.pop(side) + data[: len(_SSH)]
        if head.startswith(_SSH):
            raise _FoundSshError
        if _SSH.startswith(head):
            self._heads[side] = head

    def _settle(self, answer: Half | Refusal) -> None:
        if not self._ready.done():
            self._ready.set_result(answer)

    async def _failed(self, error: Exception) -> str:
        """Tell the log why; the ending is the code."""
        refusal = _refusal_of(error)
        is_ours = refusal.code is Code.INTERNAL
        _LOG.warning("forwarding failed", code=refusal.code, cause=repr(error), exc_info=is_ours)
        self._settle(refusal)
        if isinstance(error, _FoundSshError):
            # Whoever looks at the stream reads why; clients show lines before SSH's first.
            self._pipe.halves["user"].write(f"{refusal.text()}\r\n".encode())
            await self._audit(AuditCode.ACCESS_DENIED, to=self._carriage.place, cause="it is SSH")
        elif refusal.code is not Code.FORWARD_FAILED:
            await self._audit(AuditCode.SESSION_FAILED, refusal=str(refusal.code), cause=str(error))
        return str(refusal.code)

    async def _revoked(self, revocation: Revocation) -> str:
        """Somebody ended it from outside: both channels close at once."""
        self._settle(revocation.refusal)
        self._pipe.abort()
        code = str(revocation.refusal.code)
        await self._audit(AuditCode.SESSION_REVOKED, **{"refusal": code, **revocation.detail})
        return code

    async def _audit(self, code: AuditCode, **detail: Any) -> None:
        if self._journal is not None:
            await self._journal.audit_end(code, **detail)

    async def _close(self, journal: Journal, ending: str) -> None:
        """Keep how much it carried, and close the journal."""
        carried = Carried(self.taken_bytes, self.given_bytes)
        try:
            if ending != Code.RECORDING_FAILED:
                journal.record(carried)
        except RecordingError as error:
            _LOG.warning("what a stream carried could not be recorded", cause=str(error))
        await self._audit(
            AuditCode.FORWARD_CLOSED,
            kind=str(self.kind),
            to=self._carriage.place,
            from_user=carried.from_user,
            from_host=carried.from_host,
            seconds=round(asyncio.get_running_loop().time() - self._began, 3),
        )
        await journal.close(ending, None)


def _refusal_of(error: Exception) -> Refusal:
    """What the user is told of *error*."""
    match error:
        case UpstreamError():
            return Refusal(Code(error.code))
        case asyncssh.ChannelOpenError():
            return Refusal(Code.FORWARD_FAILED, printable(error.reason, _MAX_REASON))
        case _:
            kinds = (kind for kind in _CODES if isinstance(error, kind))
            return Refusal(_CODES.get(next(kinds, Exception), Code.INTERNAL))
