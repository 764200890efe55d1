"""The life of one session, from the accepted request to the sealed recording.

    journal opens → the request is answered → an exec is cleared → the host is dialed →
    the wire carries bytes, lines pass the gate → the end → the journal closes

What always holds: nothing that goes wrong here reaches asyncssh as an exception, because that would
end every session of the connection; the user gets one sentence with a code, the log gets the cause.
What it does not do: authenticate, authorize or judge.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncssh
import structlog

from bastion.audit.entry import AuditCode
from bastion.authorization import Authorization, Channel, door
from bastion.command.intake import Intake, intake
from bastion.command.reading import Reading
from bastion.errors import RecordingError, StoreError, TransferError, UpstreamError
from bastion.guards import requests
from bastion.refusal import Code, Refusal
from bastion.relay.checkpoint import Checkpoint
from bastion.relay.entrance import Entrance
from bastion.relay.feed import Feed
from bastion.relay.journal import Journal, Opening
from bastion.relay.latency import Latency
from bastion.relay.line import sent
from bastion.relay.live import Revocation
from bastion.relay.notices import Notices
from bastion.relay.passage import Passage
from bastion.relay.pump import UserChannel
from bastion.relay.rulings import Rulings
from bastion.relay.strait import Strait
from bastion.relay.wire import REFUSED, Asked, Wire
from bastion.upstream.connection import Link, UpstreamConnection

_LOG = structlog.get_logger()
_NOT_RUN = 126  # as a shell says "found, but not executable"
_FAILED = 255  # as ssh says "the connection failed"

_AUDITED = {
    Code.RECORDING_FAILED: AuditCode.RECORDING_FAILED,
    Code.STORE_UNAVAILABLE: AuditCode.SESSION_FAILED,
    Code.INTERNAL: AuditCode.SESSION_FAILED,
}

Show = Callable[[bytes], None]
Holder = Callable[[], Authorization]
"""Says what lets the session go on at the moment."""


@dataclass(frozen=True)
class Makers:
    """What a session needs made for it, once it is known what it is.

    Attributes:
        motd: shown before a shell on a terminal.
        tells_host: whether the host is told who it is and which session.
        integrates: whether the person's shell is to ask before it runs anything.
        latency: counts what lines waited.
    """

    journal: Callable[[Opening], Awaitable[Journal | Refusal]]
    checkpoint: Callable[[Journal, Notices, Show, Holder], Checkpoint]
    strait: Callable[[Passage], Awaitable[Strait | Refusal | None]]
    script_bytes: int
    latency: Latency
    motd: str = ""
    tells_host: bool = False
    integrates: bool = True


class RelaySession:
    """One channel's session.

    Attributes:
        wire: where the channel's callbacks go.
        authorization: what opened it, or lets it go on.
    """

    def __init__(
        self, channel: UserChannel, link: Link, authorization: Authorization, makers: Makers
    ) -> None:
        self._channel, self._link, self._makers = channel, link, makers
        self.authorization = authorization
        self._kind = Channel.SHELL
        self._revocation: Revocation | None = None
        self._journal: Journal | None = None
        self._rulings: Rulings | None = None
        self._notices = Notices(0)
        self._strait: Strait | None = None
        self._task: asyncio.Task[None] | None = None
        self.wire = Wire(channel)
        self.wire.cancel = self._cancel

    def start(self, asked: Asked) -> asyncio.Task[None]:
        """Begin; the task ends when the journal is closed."""
        self.wire.terminal = asked.terminal
        self._kind = door(asked.kind, self.authorization.channels)
        self._notices = Notices(asked.terminal.cells[0] if asked.terminal else 0)
        self.wire.make_room, self.wire.resized = self._notices.make_room, self._notices.resized
        self._task = asyncio.create_task(self._run(asked))
        return self._task

    def lost(self) -> None:
        """The user's channel is closed."""
        if self._task is not None and not self.wire.over.done():
            self.wire.end("lost")
            self._task.cancel()

    # For the warden (live.LiveSession).

    @property
    def session_id(self) -> str:
        """Its identifier; empty until its journal is open."""
        return self._journal.session.id if self._journal else ""

    @property
    def kind(self) -> Channel:
        """What kind of channel it is."""
        return self._kind

    @property
    def has_terminal(self) -> bool:
        """Whether somebody sits at a terminal."""
        return self.wire.terminal is not None

    @property
    def is_full_screen(self) -> bool:
        """Whether a full-screen program is shown."""
        return self.wire.is_full_screen

    @property
    def taken_bytes(self) -> int:
        """How much has come from the user."""
        return self.wire.taken_bytes

    @property
    def given_bytes(self) -> int:
        """How much has come from the host."""
        return self.wire.given_bytes

    def warn(self, sentence: str) -> None:
        """Show *sentence* in the session."""
        try:
            self.wire.show(self._notices.warned(sentence))
        except RecordingError as error:
            self.wire.break_(error)

    def revoke(self, revocation: Revocation) -> None:
        """End it, with a sentence; once it has ended, nothing more."""
        if self._task is None or self._revocation is not None or self.wire.over.done():
            return
        self._revocation = revocation
        self._task.cancel()

    async def _run(self, asked: Asked) -> None:
        ending = "lost"
        try:
            ending = await self._ending(asked)
        finally:
            self.wire.end(ending)
            self.wire.close()
            if self._journal is not None:
                await asyncio.shield(self._close(self._journal, ending))

    async def _ending(self, asked: Asked) -> str:
        """Serve until the end; every failure becomes a sentence and a named ending."""
        try:
            return await self._serve(asked)
        except asyncio.CancelledError:
            return await self._revoked(self._revocation) if self._revocation else "lost"
        except Exception as error:  # noqa: BLE001  the last net; `_failed` logs what it is
            return await self._failed(error)

    async def _serve(self, asked: Asked) -> str:
        journal = await self._makers.journal(asked.opening())
        if isinstance(journal, Refusal):
            self._end_with(journal)
            return str(journal.code)
        self._journal = journal
        self.wire.attach(journal)
        checkpoint = self._makers.checkpoint(
            journal, self._notices, self.wire.show, lambda: self.authorization
        )
        rulings = Rulings(self.wire, journal, checkpoint, self._end_with)
        self._rulings = rulings
        requests.reply(self._channel, accepted=True)
        if self._makers.motd and asked.terminal is not None and asked.kind == Channel.SHELL:
            self.wire.show(self._notices.motd(self._makers.motd))
        cleared = None
        if asked.kind == "exec":
            cleared = await checkpoint.passes(sent(asked.command))
            if cleared is None:
                self._leave(_NOT_RUN)
                return REFUSED
            self.wire.feed = self._make_feed(asked, cleared.reading, rulings)
        passage = self._passage(asked, journal, checkpoint, cleared.reading if cleared else None)
        strait = await self._makers.strait(passage)
        if isinstance(strait, Refusal):
            if cleared is not None:
                await journal.outcome(cleared.command, "denied", reason=str(strait.code))
            self._end_with(strait)
            return str(strait.code)
        self._strait = strait
        connection = await self._link.connection()
        if self._makers.tells_host:
            asked = asked.told(self.authorization.identity.account, journal.session.id)
        await self._open(connection, asked, rulings, checkpoint)
        if cleared is not None:
            await checkpoint.released(cleared)
        ending = await self.wire.over
        if ending == REFUSED:
            self._leave(_NOT_RUN)
        return ending

    def _passage(
        self, asked: Asked, journal: Journal, checkpoint: Checkpoint, reading: Reading | None
    ) -> Passage:
        show, fail = self.wire.show, self.wire.break_
        return Passage(asked, reading, journal, checkpoint, lambda: self.authorization, show, fail)

    async def _open(
        self,
        connection: UpstreamConnection,
        asked: Asked,
        rulings: Rulings,
        checkpoint: Checkpoint,
    ) -> None:
        """Start it on the host, behind a gate where somebody sits at a terminal."""
        if asked.terminal is None:
            await self.wire.open(connection, asked, None, self._strait)
            return
        makers = self._makers
        entrance = Entrance(
            connection,
            asked,
            asked.terminal.cells,
            self.wire,
            rulings,
            checkpoint,
            self._notices,
            makers.latency,
            self._strait,
        )
        await entrance.open(integrates=makers.integrates)

    def _make_feed(self, asked: Asked, reading: Reading | None, rulings: Rulings) -> Feed | None:
        takes = intake(reading) if reading else Intake.DATA
        if asked.terminal is not None or takes is Intake.DATA:
            return None
        return Feed(takes, self._makers.script_bytes, self.wire, rulings.rule)

    def _cancel(self) -> bool:
        return self._rulings is not None and self._rulings.cancel()

    async def _failed(self, error: Exception) -> str:
        """Tell the user in one sentence, and the log why; the ending is the code."""
        code = _code_of(error)
        is_ours = code is Code.INTERNAL
        _LOG.warning("session failed", code=str(code), cause=repr(error), exc_info=is_ours)
        self._end_with(Refusal(code))
        await self._audit(
            _AUDITED.get(code, AuditCode.UPSTREAM_FAILED), refusal=str(code), cause=str(error)
        )
        return str(code)

    async def _revoked(self, revocation: Revocation) -> str:
        """Somebody ended the session from outside: both channels close at once."""
        refusal = revocation.refusal
        self._end_with(refusal)
        self.wire.close()
        await self._audit(
            AuditCode.SESSION_REVOKED, **{"refusal": str(refusal.code), **revocation.detail}
        )
        return str(refusal.code)

    def _end_with(self, refusal: Refusal) -> None:
        """Say why, and end: the user who hangs up now does not change how it ended."""
        notice = self._notices.refused(refusal, is_full_screen=self.is_full_screen)
        try:
            self.wire.show(notice)
        except RecordingError:
            self.wire.show_unrecorded(notice)
        requests.reply(self._channel, accepted=True)
        self.wire.end(str(refusal.code))
        self._leave(_FAILED)

    async def _audit(self, code: AuditCode, **detail: Any) -> None:
        if self._journal is not None:
            await self._journal.audit_end(code, **detail)

    def _leave(self, status: int) -> None:
        if not self._channel.is_closing():
            self._channel.exit(status)

    async def _close(self, journal: Journal, ending: str) -> None:
        try:
            if self._rulings is not None:
                await self._rulings.finish()
            await self._close_strait()
        finally:
            await journal.close(ending, self.wire.exit)

    async def _close_strait(self) -> None:
        try:
            if self._strait is not None:
                await self._strait.close()
        except (RecordingError, StoreError) as error:
            _LOG.warning("what was done with files could not be kept", cause=str(error))


def _code_of(error: Exception) -> Code:
    """The code that the user is shown for *error*."""
    match error:
        case UpstreamError():
            return Code(error.code)
        case RecordingError():
            return Code.RECORDING_FAILED
        case StoreError():
            return Code.STORE_UNAVAILABLE
        case TransferError():
            return Code.TRANSFER_MALFORMED
        case OSError() | asyncssh.Error():
            return Code.HOST_UNREACHABLE
        case _:
            return Code.INTERNAL
