"""An SSH client that knocks at every door, one at a time, and says what it hears."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncssh
from asyncssh.packet import Boolean, String, UInt32

_COOKIE = b"00112233445566778899aabbccddeeff"
_HEARD_SECONDS = 15


class _Session(asyncssh.SSHClientSession):
    """A session that keeps what it is shown until its end."""

    def __init__(self) -> None:
        self.shown, self.status = "", None
        self.changed, self.over = asyncio.Event(), asyncio.Event()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        del datatype
        self.shown += data.decode("utf-8", "replace")
        self.changed.set()

    def exit_status_received(self, status: int) -> None:
        self.status = status

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.over.set()
        self.changed.set()


class Knocker(asyncssh.SSHClient):
    """One connection; each method knocks at one door and returns what was heard, or `open`."""

    def __init__(self) -> None:
        self.connection: Any = None
        self.told = ""

    def connection_made(self, conn: Any) -> None:
        self.connection = conn

    def debug_msg_received(self, msg: str, lang: str, always_display: bool) -> None:  # noqa: FBT001  asyncssh's
        del lang, always_display
        self.told += msg

    async def shell(self) -> str:
        return await self._session(request_pty="force", says="exit\n", term_type="xterm")

    async def exec(self) -> str:
        return await self._session(command="true")

    async def sftp(self) -> str:
        return await self._session(subsystem="sftp", waits_for=None)

    async def subsystem(self) -> str:
        return await self._session(subsystem="netconf")

    async def agent(self) -> str:
        """`yes` is what a host says to whom an agent is lent."""
        return await self._offering(b"auth-agent-req@openssh.com", said="SSH_AUTH_SOCK")

    async def display(self) -> str:
        asked = (Boolean(False), String("MIT-MAGIC-COOKIE-1"), String(_COOKIE), UInt32(0))
        return await self._offering(b"x11-req", *asked, said="DISPLAY")

    async def request(self) -> str:
        return await self._offering(b"weird@example.com", said="PATH")

    async def tcp(self, port: int) -> str:
        return await self._channel(b"direct-tcpip", String("127.0.0.1"), UInt32(port), *_origin())

    async def socket(self, path: Path) -> str:
        return await self._channel(b"direct-streamlocal@openssh.com", String(str(path)), *_origin())

    async def tunnel(self) -> str:
        return await self._channel(b"tun@openssh.com", UInt32(1), UInt32(0x7FFFFFFF))

    async def weird(self) -> str:
        return await self._channel(b"weird\x1b[31m@example.com")

    async def listen(self, port: int) -> str:
        return await self._global(b"tcpip-forward", String("localhost"), UInt32(port))

    async def listen_socket(self, path: Path) -> str:
        return await self._global(b"streamlocal-forward@openssh.com", String(str(path)))

    async def cancel(self, port: int) -> str:
        return await self._global(b"cancel-tcpip-forward", String("localhost"), UInt32(port))

    async def cancel_socket(self, path: Path) -> str:
        return await self._global(b"cancel-streamlocal-forward@openssh.com", String(str(path)))

    async def keepalive(self) -> str:
        return await self._global(b"keepalive@openssh.com")

    async def anything(self) -> str:
        return await self._global(b"weird@example.com")

    async def _session(self, *, says: str = "", waits_for: str | None = "", **asked: Any) -> str:
        """Open a session; what it shows if it is refused or waits, else `open`."""
        try:
            channel, session = await self.connection.create_session(
                _Session, encoding=None, **asked
            )
        except asyncssh.ChannelOpenError as error:
            return error.reason
        if says:
            with contextlib.suppress(BrokenPipeError):  # it was refused and closed already
                channel.write(says.encode())
        async with asyncio.timeout(_HEARD_SECONDS):
            if waits_for is None:  # nothing is shown while it is open
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await session.changed.wait()
            while not (session.over.is_set() or "waits for" in session.shown or waits_for is None):
                session.changed.clear()
                await session.changed.wait()
        channel.abort()
        is_open = session.status == 0 or (waits_for is None and not session.shown)
        return "open" if is_open else session.shown

    async def _offering(self, request: bytes, *asked: bytes, said: str) -> str:
        """Make a request in a session before a command runs that shows the variable *said*."""
        chan = asyncssh.channel.SSHClientChannel(
            self.connection,
            asyncio.get_running_loop(),
            utf8_decode_errors="strict",
            encoding=None,
            errors="strict",
            window=1 << 21,
            max_pktsize=1 << 15,
        )
        try:
            await chan._open(b"session")
        except asyncssh.ChannelOpenError as error:
            return error.reason
        session = _Session()
        chan._session = session
        answered = await chan._make_request(request, *asked)
        run = await chan._make_request(b"exec", String(f"echo ${said}"))
        chan._recv_paused = False
        chan._flush_recv_buf()
        async with asyncio.timeout(_HEARD_SECONDS):
            while not (session.over.is_set() or "waits for" in session.shown):
                session.changed.clear()
                await session.changed.wait()
        chan.abort()
        is_open = answered and run and session.shown.strip() and "bastion" not in session.shown
        return "open" if is_open else session.shown + self.told

    async def _channel(self, kind: bytes, *asked: bytes) -> str:
        channel = self.connection.create_tcp_channel()
        try:
            await channel._open(kind, *asked)
        except asyncssh.ChannelOpenError as error:
            return error.reason
        channel.abort()
        return "open"

    async def _global(self, request: bytes, *asked: bytes) -> str:
        kind, _ = await self.connection._make_global_request(request, *asked)
        return "open" if kind == asyncssh.constants.MSG_REQUEST_SUCCESS else self.told


def _origin() -> tuple[bytes, bytes]:
    return String("127.0.0.1"), UInt32(1)


@contextlib.asynccontextmanager
async def knocking(deployment: Any, key: Path, username: str) -> AsyncIterator[Knocker]:
    """Somebody who has logged in as *username* with *key*."""
    connection, knocker = await asyncssh.create_connection(
        Knocker,
        "127.0.0.1",
        deployment.ssh_port,
        username=username,
        client_keys=[(str(key), f"{key}-cert.pub")],
        known_hosts=None,
        config=None,
        agent_path=None,
    )
    try:
        yield knocker
    finally:
        connection.abort()
        await connection.wait_closed()
