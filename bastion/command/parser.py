"""Reads commands in processes that can be killed.

What always holds: `read` answers within the deadline and never raises because of what it is given;
a worker that hangs, dies or answers nonsense is killed and replaced, and the text it had is opaque.
A caller waits for its turn no longer than `queue_seconds`. What it does not do: judge.
"""

import asyncio
import contextlib
import struct
import sys

import structlog

from bastion.command.reading import Reading
from bastion.command.wire import READY, decode

_LOG = structlog.get_logger()
_LENGTH = struct.Struct(">I")
_MAX_ANSWER_BYTES = 16 * 1024 * 1024
_START_SECONDS = 10
_STARTS = 3


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

    async def ask(self, text: str) -> Reading:
        """The reading of *text*; raises OSError or ValueError where the process is no good."""
        sink, source = self._process.stdin, self._process.stdout
        if sink is None or source is None:
            raise OSError("the worker has no pipes")
        data = text.encode("utf-8", "replace")
        sink.write(_LENGTH.pack(len(data)) + data)
        await sink.drain()
        try:
            (length,) = _LENGTH.unpack(await source.readexactly(_LENGTH.size))
            if length > _MAX_ANSWER_BYTES:
                raise ValueError("the answer is too long")
            return decode(text, await source.readexactly(length))
        except asyncio.IncompleteReadError as error:
            raise OSError("the worker has died") from error

    async def end(self) -> None:
        """Kill the process and wait for it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        if self._process.stdin:
            self._process.stdin.close()
        await self._process.wait()


class Parser:
    """A few parser processes and who uses them.

    Args:
        workers: how many processes.
        deadline_seconds: how long one text may take.
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

    async def start(self) -> None:
        """Start the processes."""
        self._is_open = True
        await asyncio.gather(*(self._add() for _ in range(self._count)))

    async def stop(self) -> None:
        """End the processes."""
        self._is_open = False
        for task in list(self._replacing):
            await task
        while not self._free.empty():
            await self._free.get_nowait().end()

    async def read(self, text: str, *, patience: float = 1) -> Reading:
        """The reading of *text*, opaque where it could not be read in time.

        *patience*: how many times the usual deadline it may take, where nobody sits and waits.
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
        return await self._read(worker, text, self._deadline * patience)

    async def _read(self, worker: _Worker, text: str, deadline: float) -> Reading:
        reason = "parser-failed"
        try:
            async with asyncio.timeout(deadline):
                reading = await worker.ask(text)
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
        for _ in range(_STARTS):
            if not self._is_open:
                return
            try:
                await self._add()
            except OSError as error:  # with none left, every text is opaque: `parser-busy`
                _LOG.error("a parser does not start", cause=str(error))
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
