"""The ledger of one session: what is done with files, into the recording and then into the store.

What always holds: an event is recorded before this returns, its row is written soon after and at
the latest when the ledger closes; rows that cannot be written end the session. What it does not do:
know protocols.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from bastion.clock import Clock
from bastion.errors import StoreError
from bastion.events import FileAsked, FileDone
from bastion.files import Action
from bastion.recording.copies import Copies
from bastion.relay.carried import Carried
from bastion.relay.journal import Journal
from bastion.store.rows import FileDeed
from bastion.verdict import Judgement, Verdict

_GATHER_SECONDS = 0.2  # a folder of small files is many deeds: they share a transaction
_ALLOWED = Judgement(Verdict.ALLOW)
_PASSING = frozenset({"", str(Action.LOOK), str(Action.LIST)})


@dataclass(frozen=True)
class Doing:
    """What is asked for.

    Attributes:
        operation: the protocol's word.
        action: the rules' word; empty for none.
        path: clean and absolute.
        other: the new name, or what a link leads to.
    """

    operation: str
    action: str
    path: str
    other: str = ""


class Ledger:
    """Numbers and keeps what is done.

    Args:
        journal: of the session.
        clock: tells when.
        fail: called with the error when rows cannot be written.
        copies: where copies of files go.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        fail: Callable[[Exception], None],
        copies: Copies,
    ) -> None:
        self._journal, self._clock, self._fail = journal, clock, fail
        self._copies = copies
        self._number = 0
        self._open: dict[int, FileDeed] = {}
        self._rows: list[FileDeed] = []
        self._writing: asyncio.Task[None] | None = None
        self._is_closing = asyncio.Event()

    def asked(self, doing: Doing, judgement: Judgement = _ALLOWED) -> int:
        """Record that *doing* is about to happen, or was refused; its number.

        Raises RecordingError.
        """
        self._number += 1
        number, verdict = self._number, str(judgement.verdict)
        named = (doing.operation, doing.action, doing.path, doing.other)
        said = (*named, verdict, judgement.rule)
        self._journal.record(FileAsked(number, *said, judgement.reason))
        session_id, now = self._journal.session.id, self._clock.now()
        self._open[number] = FileDeed(session_id, number, now, *said, result="")
        return number

    def done(self, number: int, result: str, carried: FileDone | None = None) -> None:
        """Record what became of it; once, and then nothing more. Raises RecordingError."""
        deed = self._open.pop(number, None)
        if deed is None:
            return
        done = replace(carried or FileDone(number, result), number=number, result=result)
        self._journal.record(done)
        if deed.action in _PASSING and deed.verdict == str(Verdict.ALLOW):
            return  # who looks changes nothing and carries nothing: the recording has it
        self._rows.append(
            replace(
                deed,
                result=result,
                read_bytes=done.read_bytes,
                read_sha256=done.read_sha256,
                written_bytes=done.written_bytes,
                written_sha256=done.written_sha256,
                copy=done.copy,
            )
        )
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    def carried(self, number: int, direction: str) -> Carried:
        """Counts what is carried of the file of that deed, `read` or `written`."""
        return Carried(self._copies, f"{number}-{direction}")

    @contextlib.asynccontextmanager
    async def closing(self, busy: asyncio.Task[None] | None = None) -> AsyncIterator[None]:
        """Around what a strait notes at its end: its *busy* task ends before, the ledger after."""
        if busy is not None:
            busy.cancel()
            await asyncio.wait([busy])
        try:
            yield
        finally:
            await self.close()

    async def close(self) -> None:
        """Note what has no answer, and write the last rows; raises RecordingError, StoreError."""
        try:
            for number in list(self._open):
                self.done(number, "unanswered")
        finally:
            self._is_closing.set()
            if self._writing is not None:
                await self._writing
            await self._write_rows()

    async def _write(self) -> None:
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GATHER_SECONDS):
                    await self._is_closing.wait()
            await self._write_rows()
        except StoreError as error:
            self._fail(error)

    async def _write_rows(self) -> None:
        while self._rows:
            rows, self._rows = self._rows, []
            await self._journal.keep_files(rows)
