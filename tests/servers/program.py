"""Runs `bastion` as a process, by a fork of one that has imported it: a tenth of a start's work.

started = await start("serve", "--config", path)     # as asyncio's process: pid, stdout, wait ...
ran = await bastion("verify", "--json", "--config", path, COLUMNS="300")

An order is one message of JSON with four files: stdin, stdout, stderr, and a socket on which its
pid and, once it has ended, its exit code are told. What it does not do: the start itself, with its
imports and its arguments; the tests of that, and of secrets, start the installed program.
"""

import asyncio
import atexit
import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from tests.servers.process import Ran, finished

_ROOT = Path(__file__).parent.parent.parent
_PIPE_BYTES = 65536  # what a pipe takes before somebody reads
_LAST_CHARS = 2000
_NOT_STARTED = "the fork server did not start it"


class Started:
    """A program that runs; what it has is what `asyncio.subprocess.Process` has."""

    def __init__(self, told: socket.socket, pid: int) -> None:
        self.pid = pid
        self.stdout: asyncio.StreamReader | None = None
        self.stderr: asyncio.StreamReader | None = None
        self._told = told
        self._returncode: int | None = None

    @property
    def returncode(self) -> int | None:
        """How it has ended, a signal as a negative number; None while it runs."""
        if self._returncode is None:
            with contextlib.suppress(BlockingIOError):
                status = self._told.recv(4)
                assert status, "the fork server has gone"
                self._returncode = int.from_bytes(status, "big", signed=True)
                self._told.close()
        return self._returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, where it still runs."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Wait until it has ended."""
        if self.returncode is None:
            loop, readable = asyncio.get_running_loop(), asyncio.Event()
            with self._told.dup() as told:  # another may wait, too, and who is first closes it
                loop.add_reader(told, readable.set)
                try:
                    await readable.wait()
                finally:
                    loop.remove_reader(told)
        assert self.returncode is not None
        return self.returncode

    async def communicate(self, input: bytes | None = None) -> tuple[bytes, bytes]:  # noqa: A002  asyncio's name
        """What it still says, and wait until it has ended; its input was given at its start."""
        assert input is None
        out, err = await asyncio.gather(_rest(self.stdout), _rest(self.stderr))
        await self.wait()
        return out, err


async def start(
    *arguments: str | Path,
    input_: bytes | None = None,
    stderr: IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
    limits: Mapping[str, int] | None = None,
    is_detached: bool = False,
) -> Started:
    """Start `bastion` with these *arguments*.

    Args:
        arguments: as on the command line.
        input_: what it reads; nothing by default.
        stderr: where its errors go; into a pipe by default.
        environment: what is added to the environment.
        limits: how much it may have, by the names of `resource`: RLIMIT_FSIZE and so on.
        is_detached: it has no terminal, as with `setsid`.
    """
    order = {
        "arguments": [str(argument) for argument in arguments],
        "folder": str(Path.cwd()),
        "environment": {**os.environ, **(environment or {})},
        "limits": dict(limits or {}),
        "is_detached": is_detached,
    }
    with contextlib.ExitStack() as theirs:
        out, out_end = _pipe(theirs)
        err, err_end = (None, stderr.fileno()) if stderr else _pipe(theirs)
        told, told_end = socket.socketpair()
        theirs.enter_context(told_end)
        told.setblocking(False)
        files = [_input(theirs, input_), out_end, err_end, told_end.fileno()]
        _send(json.dumps(order).encode(), files)
    pid = await asyncio.get_running_loop().sock_recv(told, 4)
    if not pid:
        for mine in filter(None, (told, out, err)):
            mine.close()
        raise AssertionError(_NOT_STARTED)
    started = Started(told, int.from_bytes(pid, "big"))
    started.stdout, started.stderr = await _reader(out), err and await _reader(err)
    return started


async def bastion(
    *arguments: str | Path,
    input_: bytes | None = None,
    seconds: float = 60,
    is_detached: bool = False,
    **environment: str,
) -> Ran:
    """Run `bastion` with these *arguments* to its end."""
    started = await start(
        *arguments, input_=input_, environment=environment, is_detached=is_detached
    )
    return await finished(started, f"bastion {arguments}", None, seconds)


def _send(order: bytes, files: list[int]) -> None:
    """Give the fork server an *order*; where it has gone, the next one takes its place."""
    server = _server()
    try:
        socket.send_fds(server.control, [order], files)
    except ConnectionError:
        warnings.warn(server.last_words(), stacklevel=2)
        _server.cache_clear()
        socket.send_fds(_server().control, [order], files)


class _Server:
    """A fork server, and our end of its socket; it ends when we do."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as we do
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.servers.forkserver", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stderr=self._said,
                pass_fds=(theirs.fileno(),),
                cwd=_ROOT,
            )
        atexit.register(self.end)

    def end(self) -> int:
        """Wait until it has ended; its exit code."""
        self.control.close()
        self._said.close()
        return self.process.wait()

    def last_words(self) -> str:
        """How it went, and what it said then."""
        self._said.seek(0)
        said = self._said.read().decode("utf-8", "replace")[-_LAST_CHARS:]
        return f"a fork server has gone, with exit code {self.end()}: {said}"


_server = functools.cache(_Server)


def _pipe(theirs: contextlib.ExitStack) -> tuple[IO[bytes], int]:
    """A pipe: our end to read from, and its end, which closes with *theirs*."""
    reading, writing = os.pipe()
    theirs.callback(os.close, writing)
    return os.fdopen(reading, "rb"), writing


def _input(theirs: contextlib.ExitStack, data: bytes | None) -> int:
    """A file to read *data* from, which closes with *theirs*."""
    if data is None:
        return theirs.enter_context(Path(os.devnull).open("rb")).fileno()
    assert len(data) <= _PIPE_BYTES
    reading, writing = os.pipe()
    theirs.callback(os.close, reading)
    os.write(writing, data)
    os.close(writing)
    return reading


async def _reader(pipe: IO[bytes]) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
    return reader


async def _rest(stream: asyncio.StreamReader | None) -> bytes:
    return await stream.read() if stream else b""
