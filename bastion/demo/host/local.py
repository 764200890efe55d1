"""A small SSH host for machines without an sshd: starts the local shell of whoever runs it.

What always holds: it listens on loopback only and lets in only certificates of the bastion's
host-access CA, for the account that runs it. What it does not do: replace an sshd; it has a shell,
commands and a terminal, nothing else.
"""

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import struct
import termios
from pathlib import Path

import asyncssh

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
        self._key = _host_key(folder / "host_key")
        self.port = port
        self.host_key = b" ".join(self._key.export_public_key().split()[:2]).decode()

    async def start(self) -> None:
        """Listen."""
        ca = asyncssh.read_public_key(self._access_ca)
        self._server = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=lambda: _Server(ca, self._account),
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

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        arguments = ["-c", process.command] if process.command else ["-l"]
        status = await (_on_terminal if process.term_type else _on_pipes)(
            process, [self._shell, *arguments]
        )
        process.exit(status if status >= 0 else 128 - status)


class _Server(asyncssh.SSHServer):
    def __init__(self, ca: asyncssh.SSHKey, account: str) -> None:
        self._ca, self._account = ca, account

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
    )
    await process.redirect(stdin=child.stdin, stdout=child.stdout, stderr=child.stderr)
    status = await child.wait()
    await process.stdout.drain()
    return status


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
    typing = asyncio.create_task(_type(process, master))
    await _show(process, master)
    typing.cancel()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGHUP)
    os.close(master)
    return await child.wait()


async def _type(process: asyncssh.SSHServerProcess[bytes], master: int) -> None:
    while True:
        try:
            data = await process.stdin.read(_CHUNK_BYTES)
        except asyncssh.TerminalSizeChanged as change:
            _resize(master, change.term_size)
            continue
        except asyncssh.BreakReceived:
            continue
        if not data:
            return
        with contextlib.suppress(OSError):
            os.write(master, data)


async def _show(process: asyncssh.SSHServerProcess[bytes], master: int) -> None:
    while True:
        await _readable(master)
        try:
            data = os.read(master, _CHUNK_BYTES)
        except OSError:  # the last program on the terminal has ended
            return
        process.stdout.write(data)
        await process.stdout.drain()


async def _readable(master: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(master, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(master)


def _resize(master: int, size: tuple[int, int, int, int]) -> None:
    cols, rows, width, height = size
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, width, height))


def _host_key(path: Path) -> asyncssh.SSHKey:
    if path.exists():
        return asyncssh.read_private_key(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = asyncssh.generate_private_key("ssh-ed25519")
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(key.export_private_key())
    return key
