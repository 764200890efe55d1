"""Reads commands in processes that can be killed.

What always holds: `read` never raises because of what it is given; a text that takes more processor
time than its deadline ends its worker, one that is not answered in eight times that is given up,
and a worker that hangs, dies or answers nonsense is killed and replaced: the text it had is opaque.
A caller waits for its turn no longer than `queue_seconds`. What it does not do: judge.
"""

import asyncio
import contextlib
import signal
import struct
import sys
from itertools import chain, repeat

import structlog

from bastion.command.reading import Reading
from bastion.command.state import ShellState
from bastion.command.wire import LOADING, READY, decode, encode_question

_LOG = structlog.get_logger()
_LENGTH = struct.Struct(">I")
_MAX_ANSWER_BYTES = 16 * 1024 * 1024
_START_SECONDS = 10
# On a machine that is busy with others, and behind an event loop that is, an answer is late: that
# alone must not make a text opaque, and hold it for somebody's approval.
_WALL_SECONDS = 8  # for each second of processor time that a text may take
_PAUSES = (0.1, 1.0, 5.0)  # seconds before one that does not start is tried again


class _Worker:
    """One process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ready(self) -> None:
        """Wait until it can answer; raises OSError where it cannot start."""
        source = self._process.stdout
        try:
            async with asyncio.timeout(_START_SECONDS):
                if source is None or await source.readexactly(len(READY)) != READY:
                    raise OSError("the worker does not start")
        except asyncio.IncompleteReadError as error:
            raise OSError("the worker does not start") from error

    async def ask(self, text: str, question: bytes, seconds: float) -> Reading:
        """The reading of *text*, which is in *question*.

        Raises OSError, ValueError or TimeoutError where there is none. It may take *seconds* by the
        clock, beside the time in which the process loads a part of itself.
        """
        async with asyncio.timeout(seconds) as limit:
            return await self._ask(text, question, limit, seconds)

    async def _ask(
        self, text: str, question: bytes, limit: asyncio.Timeout, seconds: float
    ) -> Reading:
        sink, source = self._process.stdin, self._process.stdout
        if sink is None or source is None:
            raise OSError("the worker has no pipes")
        sink.write(_LENGTH.pack(len(question)) + question)
        await sink.drain()
        try:
            length = await _length(source)
            for allowed in (_START_SECONDS, seconds):
                if length == LOADING:
                    limit.reschedule(asyncio.get_running_loop().time() + allowed)
                    length = await _length(source)
            if length > _MAX_ANSWER_BYTES:
                raise ValueError("the answer is too long")
            return decode(text, await source.readexactly(length))
        except asyncio.IncompleteReadError as error:
            if await self._process.wait() == -signal.SIGPROF:
                raise TimeoutError from error
            raise OSError("the worker has died") from error

    async def end(self) -> None:
        """Kill the process and wait for it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        if self._process.stdin:
            self._process.stdin.close()
        await self._process.wait()


async def _length(source: asyncio.StreamReader) -> int:
    (length,) = _LENGTH.unpack(await source.readexactly(_LENGTH.size))
    return int(length)


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
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()
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
        while not self._free.empty():
            await self._free.get_nowait().end()

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
        try:
            async with asyncio.timeout(self._queue_seconds):
                worker = await self._free.get()
        except TimeoutError:
            return Reading(text, opaque="parser-busy")
        seconds = self._deadline * patience
        question = encode_question(text, state, is_raw=is_raw, seconds=seconds)
        return await self._read(worker, text, question, seconds * _WALL_SECONDS)

    async def _read(self, worker: _Worker, text: str, question: bytes, seconds: float) -> Reading:
        reason = "parser-failed"
        try:
            reading = await worker.ask(text, question, seconds)
        except TimeoutError:
            reason = "parser-timeout"
        except (OSError, ValueError) as error:
            _LOG.warning("a parser failed", cause=str(error))
        except BaseException:
            self._replace(worker)  # half an answer may be in the pipe
            raise
        else:
            await self._give_back(worker)
            return reading
        self._replace(worker)
        return Reading(text, opaque=reason)

    async def _give_back(self, worker: _Worker) -> None:
        if self._is_open:
            self._free.put_nowait(worker)
        else:
            await worker.end()

    def _replace(self, worker: _Worker) -> None:
        """Put a new process in the place of *worker*, while the caller goes on."""
        task = asyncio.create_task(self._replaced(worker))
        self._replacing.add(task)
        task.add_done_callback(self._replacing.discard)

    async def _replaced(self, worker: _Worker) -> None:
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
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", "bastion.command.worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            start_new_session=True,
        )
        worker = _Worker(process)
        try:
            await worker.ready()
        except BaseException:
            await worker.end()
            raise
        await self._give_back(worker)
