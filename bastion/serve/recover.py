"""At start: closes what the last process left open when it died.

What always holds: a recording that was cut off is closed and its session ended, with an entry in
the audit log; one that another living process writes is left alone; one that cannot be closed does
not keep the bastion from starting, and is named in the audit log. What it does not do: mend a
recording that was tampered with.
"""

import asyncio
from contextlib import suppress

import structlog

from bastion.approval.states import CANCELLED, PENDING, SESSION_ENDED
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.chain import Signer
from bastion.clock import Clock
from bastion.errors import RecordingError
from bastion.events import ABANDONED
from bastion.recording.library import Library
from bastion.recording.recovery import recover
from bastion.store.protocol import Store
from bastion.store.rows import Session
from bastion.store.worker import StoreWorker

_LOG = structlog.get_logger()


async def recover_sessions(
    store: StoreWorker, audit: AuditLog, library: Library, signer: Signer, clock: Clock
) -> int:
    """Close the sessions that have no end; how many there were."""
    closed = 0
    for session in await store.run(lambda opened: opened.sessions.unfinished()):
        problem = await asyncio.to_thread(_recover, session, library, signer)
        if problem is None:
            continue
        closed += 1
        ended_at = _last_written(session, library, clock)
        await store.run(_close, session, ended_at, "damaged" if problem else "cut-off")
        await audit.append(
            AuditCode.SESSION_RECOVERED, session.subject, session=session.id, problem=problem
        )
    return closed


def _recover(session: Session, library: Library, signer: Signer) -> str | None:
    """What hindered closing, empty where nothing did; None where the session still lives."""
    try:
        return "" if recover(library.path(session.recording), signer) else None
    except RecordingError as error:
        _LOG.warning("a recording could not be closed", session=session.id, cause=str(error))
        return str(error)


def _last_written(session: Session, library: Library, clock: Clock) -> float:
    """When the recording was last written; now, where there is none."""
    with suppress(OSError, RecordingError):
        return library.path(session.recording).stat().st_mtime
    return clock.now()


def _close(store: Store, session: Session, ended_at: float, ending: str) -> None:
    store.sessions.close(session.id, ended_at, ending, None)
    for request in store.requests.pending():
        if request.session_id == session.id:
            why = {"decision_reason": SESSION_ENDED}
            store.requests.move(request.id, PENDING, CANCELLED, why)
            store.sessions.set_outcome(request.command_id, ABANDONED, "")
