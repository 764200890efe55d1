"""Reads commands in processes that can be killed.

What always holds: `read` never raises because of what it is given; a text that takes more processor
time than its deadline ends its worker, one that is not answered in eight times that is given up,
and a worker that hangs, dies or answers nonsense is killed and replaced: the text it had is opaque.
A caller waits for its turn no longer than `queue_seconds`. What it does not do: judge.
"""

import asyncio
import contextlib
from collections import deque
from itertools import chain, repeat

import structlog

from bastion.command.channel import Channel
from bastion.command.reading import Reading
from bastion.command.state import ShellState
from bastion.command.wire import decode, encode_question

_LOG = structlog.get_logger()
# On a machine that is busy with others, and behind an event loop that is, an answer is late: that
# alone must not make a text opaque, and hold it for somebody's approval.
_WALL_SECONDS = 8  # for each second of processor time that a text may take
_PAUSES = (0.1, 1.0, 5.0)  # seconds before one that does not start is tried again


class Parser:
    """A few parser processes and who uses them.

    Args:
        workers: how many processes.
        deadline_seconds: how much processor time one text may take.
        max_bytes: longer texts are opaque.
        queue_seconds: how long a text may wait until a process is free.
    """

    def __init__(
        self,
        *,
        workers: int,
        deadline_seconds: float,
        max_bytes: int,
        queue_seconds: float = 10.0,
    ) -> None:
        self._count, self._deadline, self._max_bytes = workers, deadline_seconds, max_bytes
        # A hundred commands at once wait for each other: that alone must not hold any for approval.
        self._queue_seconds = queue_seconds
        # A queue would let who asks again pass those that wait; a semaphore is fair.
        self._free: deque[Channel] = deque()
        self._turns = asyncio.Semaphore(0)
        self._replacing: set[asyncio.Task[None]] = set()
        self._is_open = False
        self._closed = asyncio.Event()

    async def start(self) -> None:
        """Start the processes."""
        self._is_open = True
        self._closed.clear()
        await asyncio.gather(*(self._add() for _ in range(self._count)))

    async def stop(self) -> None:
        """End the processes."""
        self._is_open = False
        self._closed.set()
        for task in list(self._replacing):
            await task
        self._turns = asyncio.Semaphore(0)
        while self._free:
            await self._free.popleft().end()

    async def read(
        self,
        text: str,
        *,
        state: ShellState | None = None,
        is_raw: bool = False,
        patience: float = 1,
    ) -> Reading:
        """The reading of *text*, opaque where it could not be read in time.

        Args:
            text: shell text.
            state: what is known of the shell into which it is typed; then the reading has the state
                after it, as far as that could be read.
            is_raw: whether the shell will still put earlier commands in for `!`.
            patience: how many times the usual deadline it may take, where nobody sits and waits.
        """
        if len(text.encode("utf-8", "replace")) > self._max_bytes:
            return Reading(text, opaque="too-long")
        if "\0" in text:
            return Reading(text, opaque="control-characters")
        worker = await self._turn()
        if worker is None:
            return Reading(text, opaque="parser-busy")
        seconds = self._deadline * patience
        question = encode_question(text, state, is_raw=is_raw, seconds=seconds)
        return await self._read(worker, text, question, seconds * _WALL_SECONDS)

    async def _turn(self) -> Channel | None:
        """A process that is free, the first to ask first; None where that takes too long."""
        try:
            async with asyncio.timeout(self._queue_seconds):
                await self._turns.acquire()
        except TimeoutError:
            return None
        return self._free.popleft() if self._free else None  # none is left once it stopped

    async def _read(self, worker: Channel, text: str, question: bytes, seconds: float) -> Reading:
        reason = "parser-failed"
        try:
            reading = decode(text, await worker.ask(question, seconds))
        except TimeoutError:
            reason = "parser-timeout"
        except (OSError, ValueError) as error:
            _LOG.warning("a parser failed", cause=str(error))
        except BaseException:
            self._replace(worker)  # half an answer may be on its way
            raise
        else:
            await self._give_back(worker)
            return reading
        self._replace(worker)
        return Reading(text, opaque=reason)

    async def _give_back(self, worker: Channel) -> None:
        if self._is_open:
            self._free.append(worker)
            self._turns.release()
        else:
            await worker.end()

    def _replace(self, worker: Channel) -> None:
        """Put a new process in the place of *worker*, while the caller goes on."""
        task = asyncio.create_task(self._replaced(worker))
        self._replacing.add(task)
        task.add_done_callback(self._replacing.discard)

    async def _replaced(self, worker: Channel) -> None:
        await worker.end()
        for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
            if not self._is_open:
                return
            try:
                await self._add()
            except OSError as error:  # while there is none, every text is opaque: `parser-busy`
                _LOG.error("a parser does not start", cause=str(error) or type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closed.wait(), pause)
            else:
                return

    async def _add(self) -> None:
        """Start a process; it is free once it can answer. Raises OSError."""
        await self._give_back(await Channel.opened())
