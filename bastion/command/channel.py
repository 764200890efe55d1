"""One parser process, and the socket on which it is asked.

What always holds: an answer belongs to the question that was asked last; where there is none in
time, or one that nobody asked for, the process is not to be asked again. What it does not do:
replace the process (`bastion.command.parser`), or understand answers (`bastion.command.wire`).
"""

import asyncio
import contextlib
import signal
import socket
import struct
import sys
from typing import Self

from bastion.command.wire import LOADING

_START_SECONDS = 10
_LENGTH = struct.Struct(">I")
_DIED = "the worker has died"
_MAX_ANSWER_BYTES = 16 * 1024 * 1024
_MOST_AT_ONCE = 64 * 1024  # for a plain protocol asyncio gets memory anew, for each answer


class Channel(asyncio.BufferedProtocol):
    """Both, until `end`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._come = memoryview(bytearray(_MOST_AT_ONCE))
        self._received = bytearray()
        self._answer: asyncio.Future[bytes] = self._loop.create_future()
        self._deadline: asyncio.TimerHandle | None = None
        self._allowed: list[float] = []

    @classmethod
    async def opened(cls) -> Self:
        """Start a process; once it can answer it is here. Raises OSError."""
        ours, its = socket.socketpair()
        with its:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", "bastion.command.worker"),
                stdin=its.fileno(),
                stdout=its.fileno(),
                stderr=asyncio.subprocess.DEVNULL,
                env={},
                start_new_session=True,
            )
        channel = cls(process)
        try:
            await channel._connect(ours)
        except BaseException:
            ours.close()
            await channel.end()
            raise
        return channel

    async def _connect(self, ours: socket.socket) -> None:
        self._allow(_START_SECONDS, [])
        self._transport, _ = await self._loop.create_unix_connection(lambda: self, sock=ours)
        try:
            await self._answer
        except TimeoutError as error:
            raise OSError("the worker does not start") from error
        finally:
            self._stop_waiting()

    async def ask(self, question: bytes, seconds: float) -> bytes:
        """The answer; raises OSError, ValueError or TimeoutError where there is none.

        It may take *seconds* by the clock, beside the time in which the process loads a part of
        itself.
        """
        if self._transport is None:
            raise OSError(_DIED)
        self._answer = self._loop.create_future()
        self._allow(seconds, [_START_SECONDS, seconds])
        self._transport.write(_LENGTH.pack(len(question)) + question)
        try:
            return await self._answer
        except ConnectionResetError as error:
            if await self._process.wait() == -signal.SIGPROF:
                raise TimeoutError from error
            raise
        finally:
            self._stop_waiting()

    async def end(self) -> None:
        """Kill the process and wait for it."""
        self._stop_waiting()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        if self._transport:
            self._transport.abort()
        await self._process.wait()

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Where what comes is put."""
        return self._come

    def buffer_updated(self, nbytes: int) -> None:
        """Take what has come."""
        received = self._received
        received += self._come[:nbytes]
        while len(received) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(received)
            end = _LENGTH.size + length
            if length > _MAX_ANSWER_BYTES:
                self._fail(ValueError("the answer is too long"))
            if len(received) < end:
                return
            message = bytes(received[_LENGTH.size : end])
            del received[:end]
            self._take(length, message)

    def connection_lost(self, _error: Exception | None) -> None:
        """The process has ended, or nobody wants it any more."""
        self._transport = None
        self._fail(ConnectionResetError(_DIED))

    def _take(self, length: int, message: bytes) -> None:
        if self._answer.done():
            self._fail(OSError("the worker says what nobody asked"))
        elif length == LOADING and self._allowed:
            self._allow(self._allowed[0], self._allowed[1:])
        else:
            self._answer.set_result(message)

    def _allow(self, seconds: float, then: list[float]) -> None:
        """Let it take *seconds* more, and each of *then* after another message of `LOADING`."""
        self._stop_waiting()
        self._allowed = then
        self._deadline = self._loop.call_later(seconds, self._fail, TimeoutError())

    def _fail(self, error: Exception) -> None:
        """Ask no more: what comes now belongs to nothing."""
        if not self._answer.done():
            self._answer.set_exception(error)
        if self._transport:
            self._transport.abort()

    def _stop_waiting(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None
