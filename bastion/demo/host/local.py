"""A small SSH host for machines without an sshd: starts the local shell of whoever runs it.

What always holds: it listens on loopback only and lets in only certificates of the bastion's
host-access CA, for the account that runs it; a command ends with its client. What it does not do:
replace an sshd; it has a shell, commands and a terminal, nothing else.
"""

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import struct
import termios
from collections.abc import Callable
from pathlib import Path

import asyncssh

from bastion import private_file

_CHUNK_BYTES = 32 * 1024


class LocalHost:
    """One small SSH host, with its host key in *folder*.

    Attributes:
        port: where it listens.
        host_key: its public host key, one line.
    """

    def __init__(self, folder: Path, access_ca: Path, port: int, account: str, shell: str) -> None:
        self._access_ca, self._account, self._shell = access_ca, account, shell
        self._server: asyncssh.SSHAcceptor | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._key = _host_key(folder / "host_key")
        self.port = port
        self.host_key = b" ".join(self._key.export_public_key().split()[:2]).decode()

    async def start(self) -> None:
        """Listen."""
        ca = asyncssh.read_public_key(self._access_ca)
        self._server = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=lambda: _Server(ca, self._account, self._connections),
            server_host_keys=[self._key],
            process_factory=self._serve,
            encoding=None,
            line_editor=False,
            agent_forwarding=False,
            gss_host=None,
            config=[],
        )

    async def stop(self) -> None:
        """Close."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        for connection in list(self._connections):
            connection.abort()
        if self._serving:
            await asyncio.wait(self._serving)

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        if (task := asyncio.current_task()) is not None:
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        arguments = ["-c", process.command] if process.command else ["-l"]
        status = await (_on_terminal if process.term_type else _on_pipes)(
            process, [self._shell, *arguments]
        )
        if not process.is_closing():
            process.exit(status if status >= 0 else 128 - status)


class _Server(asyncssh.SSHServer):
    def __init__(
        self,
        ca: asyncssh.SSHKey,
        account: str,
        connections: set[asyncssh.SSHServerConnection],
    ) -> None:
        self._ca, self._account = ca, account
        self._connections = connections
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._connection is not None:
            self._connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002  whoever it is needs a certificate
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_ca_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == self._account and key == self._ca


async def _on_pipes(process: asyncssh.SSHServerProcess[bytes], command: list[str]) -> int:
    child = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    feeding = asyncio.create_task(_feed(process, child.stdin))
    showing = [
        asyncio.create_task(_pass(child.stdout, process.stdout)),
        asyncio.create_task(_pass(child.stderr, process.stderr)),
    ]
    status = await _ended(process, child)
    await asyncio.gather(*showing)
    feeding.cancel()
    await asyncio.gather(feeding, return_exceptions=True)
    return status


async def _feed(process: asyncssh.SSHServerProcess[bytes], to: asyncio.StreamWriter | None) -> None:
    """Hand the client's input on, and its end."""
    if to is None:
        return
    with contextlib.suppress(OSError):  # the command reads no more
        while data := await _read(process):
            to.write(data)
            await to.drain()
    to.close()


async def _read(process: asyncssh.SSHServerProcess[bytes]) -> bytes:
    """What the client types; its signals and breaks are left out."""
    while True:
        try:
            return await process.stdin.read(_CHUNK_BYTES)
        except (asyncssh.BreakReceived, asyncssh.SignalReceived):
            continue


async def _pass(source: asyncio.StreamReader | None, to: asyncssh.SSHWriter[bytes]) -> None:
    if source is None:
        return
    while data := await source.read(_CHUNK_BYTES):
        with contextlib.suppress(OSError):  # the client has gone; the pipe is read to its end
            to.write(data)
            await to.drain()


async def _on_terminal(process: asyncssh.SSHServerProcess[bytes], command: list[str]) -> int:
    master, slave = pty.openpty()
    _resize(master, process.term_size)
    child = await asyncio.create_subprocess_exec(
        *command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        env={**os.environ, "TERM": process.term_type or "xterm"},
    )
    os.close(slave)
    os.set_blocking(master, False)
    ways = [asyncio.create_task(way(process, master)) for way in (_type, _show)]
    try:
        status = await _ended(process, child)
    finally:
        for task in ways:
            task.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
    _show_rest(process, master)  # the shell's end ends the session, whatever it left running
    os.close(master)
    return status


async def _ended(
    process: asyncssh.SSHServerProcess[bytes], child: asyncio.subprocess.Process
) -> int:
    """The status of *child*, which is hung up on when the client has gone."""
    waiting = asyncio.create_task(child.wait())
    leaving = asyncio.create_task(process.channel.wait_closed())
    try:
        await asyncio.wait([waiting, leaving], return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGHUP)
                os.killpg(child.pid, signal.SIGTERM)  # under nohup the first is ignored
    return await waiting


async def _type(process: asyncssh.SSHServerProcess[bytes], master: int) -> None:
    while True:
        try:
            data = await _read(process)
        except asyncssh.TerminalSizeChanged as change:
            _resize(master, change.term_size)
            continue
        if not data:
            return
        await _write(master, data)


async def _write(master: int, data: bytes) -> None:
    """Write all of *data*; the terminal takes no more than its program has room for."""
    loop = asyncio.get_running_loop()
    while data:
        try:
            data = data[os.write(master, data) :]
        except BlockingIOError:
            await _ready(master, loop.add_writer, loop.remove_writer)


async def _show(process: asyncssh.SSHServerProcess[bytes], master: int) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await _ready(master, loop.add_reader, loop.remove_reader)
        try:
            process.stdout.write(os.read(master, _CHUNK_BYTES))
        except OSError:  # the last program on the terminal has ended
            return
        await process.stdout.drain()


def _show_rest(process: asyncssh.SSHServerProcess[bytes], master: int) -> None:
    """What still stands in the terminal; an OSError says that nothing does."""
    with contextlib.suppress(OSError):
        while not process.is_closing():
            process.stdout.write(os.read(master, _CHUNK_BYTES))


async def _ready(
    fd: int, add: Callable[[int, Callable[[], None]], None], remove: Callable[[int], bool]
) -> None:
    ready = asyncio.Event()
    add(fd, ready.set)
    try:
        await ready.wait()
    finally:
        remove(fd)


def _resize(master: int, size: tuple[int, int, int, int]) -> None:
    cols, rows, width, height = size
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, width, height))


def _host_key(path: Path) -> asyncssh.SSHKey:
    if path.exists():
        return asyncssh.read_private_key(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = asyncssh.generate_private_key("ssh-ed25519")
    private_file.create(path, key.export_private_key())
    return key
