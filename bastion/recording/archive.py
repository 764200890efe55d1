"""The whole record of a bastion, for reading: its sessions, their recordings, and what proves them.

What always holds: nothing here writes, signs or needs more than the public key; every problem that
is found names its place. What it does not do: notice a session that was removed from the
recordings, the store and the audit log all three.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from bastion import chain
from bastion.audit.entry import AuditCode
from bastion.audit.log import check, entries
from bastion.errors import BastionError, ClientError, RecordingError, StoreError, reason
from bastion.recording.library import Library
from bastion.recording.reader import read_facts, steps, verify
from bastion.state import State
from bastion.store.protocol import Store
from bastion.store.rows import Session
from bastion.store.sqlite.database import look_for, open_readonly
from bastion.store.worker import StoreWorker

T = TypeVar("T")


class Proof(StrEnum):
    """What a recording's chain says about it."""

    LIVE = "live"
    SEALED = "sealed"
    RECOVERED = "recovered"
    FAILED = "failed"
    UNSEALED = "unsealed"
    BROKEN = "broken"
    MISSING = "missing"

    @property
    def fits(self) -> bool:
        """Whether nothing speaks against the recording."""
        return self in (Proof.LIVE, Proof.SEALED, Proof.RECOVERED, Proof.FAILED)

    @property
    def meaning(self) -> str:
        """What it says, for a person."""
        return _MEANINGS[self]


_MEANINGS = {
    Proof.LIVE: "the session goes on; what is linked so far is proven",
    Proof.SEALED: "whole and unchanged",
    Proof.RECOVERED: "cut off when the bastion died, closed by recovery, unchanged since",
    Proof.FAILED: "the session ended because it could not be recorded; proven up to the last link",
    Proof.UNSEALED: "the session has ended but its recording has no seal: its end is missing",
    Proof.BROKEN: "it was changed",
    Proof.MISSING: "it is gone",
}
_SHARED_FACTS = frozenset(
    {"id", "kind", "subject", "account", "address", "target", "login", "serial", "started_at"}
)
_RECORDING_FAILED = "recording-failed"


@dataclass(frozen=True)
class Finding:
    """What checking one recording, or the audit log, found.

    Attributes:
        name: the session's identifier; `audit` for the log.
        detail: what does not fit and where, or how much is proven; a sentence.
    """

    name: str
    proof: Proof
    detail: str


class Archive:
    """The record below one state directory; made by `open_archive`."""

    def __init__(self, store: StoreWorker, library: Library, verifier: chain.Verifier) -> None:
        self.store, self.library, self._verifier = store, library, verifier

    def read(self, operation: Callable[[Store], T]) -> T:
        """What *operation* returns for the store, outside an event loop; raises StoreError."""
        return asyncio.run(self.store.run(operation))

    def session(self, name: str) -> Session:
        """The one session that *name* is, begins or ends; raises ClientError."""
        found = self.read(lambda store: store.sessions.find(name.lower()))
        if not found:
            raise ClientError(f"there is no session {name!r}; `bastion sessions list` shows them")
        if len(found) > 1:
            raise ClientError(f"more than one session begins or ends with {name!r}; give more")
        return found[0]

    def path(self, session: Session) -> Path:
        """The session's recording; raises RecordingError."""
        return self.library.path(session.recording)

    def prove(self, session: Session) -> Finding:
        """Follow the chain of the session's recording."""
        try:
            path = self.path(session)
            if not path.exists():
                return Finding(session.id, Proof.MISSING, f"there is no file {path}")
            found, facts = verify(path, self._verifier), read_facts(path)
        except (RecordingError, OSError) as error:
            return Finding(session.id, Proof.BROKEN, str(error))
        if problem := found.problem or _contradiction(session, facts):
            return Finding(session.id, Proof.BROKEN, problem)
        proven = _counted(found.links, "link")
        if found.is_sealed:
            proof = Proof.RECOVERED if found.is_recovered else Proof.SEALED
            return Finding(session.id, proof, proven)
        proven += f", then {_counted(found.unproven_lines, 'line')} without one"
        return Finding(session.id, _without_seal(session), proven)

    def prove_audit(self) -> Finding:
        """Follow the chain of the audit log."""
        try:
            problem = self.read(lambda store: check(store, self._verifier))
        except StoreError as error:
            problem = str(error)
        proof = Proof.BROKEN if problem else Proof.SEALED
        return Finding("audit", proof, problem or "every entry is linked and signed")

    def strays(self, sessions: Mapping[str, Session]) -> Iterator[Finding]:
        """What one part of the record has and another has not; raises StoreError."""
        opened = self.read(_opened)
        for session_id in sorted(opened - sessions.keys()):
            detail = "the audit log says that it was opened, but the store has no row"
            yield Finding(session_id, Proof.MISSING, detail)
        known = {session.recording for session in sessions.values()}
        for recording in self.library.recordings():
            session_id = Path(recording).stem
            if recording not in known and session_id not in opened and self._is_used(recording):
                detail = f"{recording} belongs to no session that was opened"
                yield Finding(session_id, Proof.UNSEALED, detail)

    def _is_used(self, recording: str) -> bool:
        """Whether it holds an event: one whose session could not be opened holds none."""
        try:
            return next(steps(self.library.path(recording)), None) is not None
        except RecordingError:
            return True

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()


def open_archive(root: Path) -> Archive:
    """The record below the state directory *root*; raises ClientError."""
    state = State(root)
    try:
        look_for(state.database)
        verifier = chain.load_verifier(state.record_public_key)
        worker = StoreWorker(lambda: open_readonly(state.database))
    except OSError as error:
        said = f"{state.record_public_key}: {reason(error)}; run it as the bastion's user"
        raise ClientError(said) from error
    except ValueError as error:
        raise ClientError(f"{state.record_public_key} is no public key of a record") from error
    except BastionError as error:
        raise ClientError(str(error)) from error
    return Archive(worker, Library(state.recordings), verifier)


def _opened(store: Store) -> set[str]:
    """The sessions that the audit log says were opened."""
    openings = (entry for entry in entries(store) if entry.code == AuditCode.SESSION_OPENED)
    return {str(entry.detail.get("session")) for entry in openings}


def _contradiction(session: Session, facts: Mapping[str, object]) -> str:
    """What the store says otherwise than the recording itself; empty where they agree."""
    for name in _SHARED_FACTS & facts.keys():
        if facts[name] != getattr(session, name):
            return f"{name}: the recording says {facts[name]!r}, the store otherwise"
    return ""


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _without_seal(session: Session) -> Proof:
    if session.ended_at is None:
        return Proof.LIVE
    return Proof.FAILED if session.ending == _RECORDING_FAILED else Proof.UNSEALED
