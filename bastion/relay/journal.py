"""The journal of one session: its recording, its rows and its audit entries, kept in step.

What always holds: an event is in the recording before its row is in the store; a session whose
recording or row cannot be made does not open; closing is done once, whatever happens. What it does
not do: forward, judge, or show anything.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bastion import chain
from bastion.approval.states import SESSION_ENDED
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.authorization import Authorization
from bastion.clock import Clock
from bastion.errors import RecordingError, StoreError
from bastion.events import ABANDONED, Event, Exit, Judged, Outcome
from bastion.ids import new_id
from bastion.recording.asciicast import Header
from bastion.recording.library import Library
from bastion.recording.writer import Recorder
from bastion.refusal import Code, Refusal
from bastion.store.protocol import Store
from bastion.store.rows import STREAMS, Command, FileDeed, Session
from bastion.store.worker import StoreWorker
from bastion.verdict import Judgement

_LOG = structlog.get_logger()
_DEFAULT_SIZE = (80, 24)


@dataclass(frozen=True)
class Opening:
    """What a channel asked for.

    Attributes:
        kind: of channel, as rules name it.
        command: of an exec; of a stream, where it leads.
        term: terminal type; empty without a terminal.
        size: columns and rows; (0, 0) where the client did not say.
    """

    kind: str
    command: str = ""
    term: str = ""
    size: tuple[int, int] = (0, 0)


class Journals:
    """Opens journals."""

    def __init__(
        self,
        library: Library,
        signer: chain.Signer,
        store: StoreWorker,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._library, self._signer = library, signer
        self._store, self._audit, self._clock = store, audit, clock

    async def open(self, authorization: Authorization, opening: Opening) -> "Journal | Refusal":
        """A journal for a session that begins; raises RecordingError or StoreError.

        A refusal where the person has as many sessions open, on all processes, as they may.
        """
        session = self._session(authorization, opening)
        path = self._library.path(session.recording)
        most = None if opening.kind in STREAMS else authorization.limits.sessions
        recorder = Recorder(
            path,
            self._header(session, opening),
            _facts(session, authorization),
            clock=self._clock,
            signer=self._signer,
        )
        try:
            if not await self._store.run(lambda store: store.sessions.open(session, most)):
                recorder.close()
                path.unlink()  # nothing happened that it could be the record of
                return await self._too_many(session, most)
            await self._audit.append(
                AuditCode.SESSION_OPENED,
                session.subject,
                session=session.id,
                target=session.target,
                login=session.login,
                kind=session.kind,
                address=session.address,
                grants=list(authorization.grants),
                profile=str(authorization.profile),
                approvals=[permit.id for permit in authorization.permits],
            )
        except BaseException:
            recorder.seal()
            await asyncio.shield(self._abandon(session))
            raise
        return Journal(session, recorder, self._store, self._audit, self._clock)

    async def _abandon(self, session: Session) -> None:
        """End the row that may have been kept, so that it counts as open no more."""
        now = self._clock.now()
        try:
            await self._store.run(lambda store: store.sessions.close(session.id, now, "lost", None))
        except StoreError as error:
            _LOG.warning("a session was left open", session=session.id, cause=str(error))

    async def _too_many(self, session: Session, most: int | None) -> Refusal:
        await self._audit.append(
            AuditCode.ACCESS_DENIED,
            session.subject,
            address=session.address,
            target=session.target,
            login=session.login,
            cause=f"{most} sessions are open",
        )
        return Refusal(Code.TOO_MANY_SESSIONS, f"{most}")

    def _session(self, authorization: Authorization, opening: Opening) -> Session:
        identity = authorization.identity
        session_id, now = new_id(self._clock), self._clock.now()
        return Session(
            id=session_id,
            kind=opening.kind,
            subject=identity.subject,
            account=identity.account,
            address=identity.address,
            serial=min(identity.serial, 2**63 - 1),  # the store's numbers have a sign
            target=authorization.target.name,
            login=authorization.login,
            command=opening.command,
            started_at=now,
            recording=self._library.place(session_id, now),
        )

    @staticmethod
    def _header(session: Session, opening: Opening) -> Header:
        cols, rows = opening.size if all(opening.size) else _DEFAULT_SIZE
        return Header(
            cols=cols,
            rows=rows,
            term=opening.term,
            timestamp=int(session.started_at),
            title=f"{session.account} on {session.login}@{session.target}",
            command=opening.command,
        )


class Journal:
    """What happens in one session, kept."""

    def __init__(
        self,
        session: Session,
        recorder: Recorder,
        store: StoreWorker,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self.session = session
        self._recorder = recorder
        self._store, self._audit, self._clock = store, audit, clock
        self._is_closed = False
        self._waiting: set[str] = set()

    def record(self, event: Event) -> None:
        """Hand *event* to the operating system; raises RecordingError."""
        self._recorder.write(event)

    async def judged(self, text: str, source: str, judgement: Judgement) -> Command:
        """Keep a verdict, before anything is done about it; raises RecordingError, StoreError."""
        command = Command(
            id=new_id(self._clock),
            session_id=self.session.id,
            at=self._clock.now(),
            source=source,
            text=text,
            verdict=str(judgement.verdict),
            rule=judgement.rule,
            reason=judgement.reason,
        )
        verdict = str(judgement.verdict)
        self.record(Judged(command.id, text, verdict, judgement.rule, judgement.reason))
        await self._store.run(lambda store: store.sessions.add_command(command))
        return command

    def waits(self, command: Command) -> None:
        """*command* waits for a decision; a session that ends before it keeps that it did."""
        self._waiting.add(command.id)

    async def outcome(
        self, command: Command, outcome: str, by: str = "", reason: str = ""
    ) -> Command:
        """Keep what became of a command; raises RecordingError, StoreError."""
        self._waiting.discard(command.id)
        if outcome != "released" or by:
            self.record(Outcome(command.id, outcome, by, reason))
        keeping = self._store.run(lambda s: s.sessions.set_outcome(command.id, outcome, by))
        await asyncio.shield(keeping)  # also when the session ends meanwhile: it is what happened
        return replace(command, outcome=outcome, outcome_by=by)

    async def keep_files(self, deeds: Sequence[FileDeed]) -> None:
        """Keep what was done with files; their events are recorded. Raises StoreError."""
        await self._store.run(lambda store: store.files.add(deeds))

    async def audit(self, code: AuditCode, **detail: Any) -> None:
        """Add an entry about this session to the audit log; raises StoreError."""
        await self._audit.append(code, self.session.subject, session=self.session.id, **detail)

    async def audit_end(self, code: AuditCode, **detail: Any) -> None:
        """As `audit`, of how it ended: what cannot be kept stands in the log. Raises nothing."""
        try:
            await self.audit(code, **detail)
        except StoreError as unaudited:
            _LOG.warning("an ending could not be audited", cause=str(unaudited))

    async def close(self, ending: str, exit_: Exit | None) -> None:
        """Seal the recording and close the rows; what fails stands in the log. Raises nothing."""
        try:
            await self._close(ending, exit_)
        except (RecordingError, StoreError) as error:
            _LOG.warning("the journal could not be closed", cause=str(error))

    async def _close(self, ending: str, exit_: Exit | None) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        status = exit_.status if exit_ else None
        try:
            if ending != "recording-failed":
                self._end_recording(exit_)
                await asyncio.get_running_loop().run_in_executor(None, self._recorder.seal)
        finally:
            self._recorder.close()
            await self._end(ending, status)

    async def _end(self, ending: str, status: int | None) -> None:
        """Close the row and audit it, both or neither: who sees one finds the other."""
        now, session_id = self._clock.now(), self.session.id

        def closed(store: Store) -> tuple[AuditCode, dict[str, Any]]:
            for command_id in self._waiting:
                store.sessions.set_outcome(command_id, ABANDONED, "")
            store.sessions.close(session_id, now, ending, status)
            return AuditCode.SESSION_CLOSED, {
                "session": session_id,
                "ending": ending,
                "status": status,
            }

        await self._audit.together(closed, self.session.subject)

    def _end_recording(self, exit_: Exit | None) -> None:
        for command_id in self._waiting:
            self.record(Outcome(command_id, ABANDONED, reason=SESSION_ENDED))
        if exit_ is not None:
            self.record(exit_)


def _facts(session: Session, authorization: Authorization) -> dict[str, Any]:
    """What the recording says about itself, so that it stands without the store."""
    return {
        "id": session.id,
        "kind": session.kind,
        "subject": session.subject,
        "account": session.account,
        "groups": sorted(authorization.identity.groups),
        "address": session.address,
        "serial": session.serial,
        "fingerprint": authorization.identity.fingerprint,
        "target": session.target,
        "login": session.login,
        "grants": list(authorization.grants),
        "profile": str(authorization.profile),
        "started_at": session.started_at,
    }
