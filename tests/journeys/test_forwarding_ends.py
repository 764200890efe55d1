"""How forwarded connections end from outside, what is kept of them, and what a slow side costs."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from bastion.chain import load_signer
from bastion.clock import SystemClock
from bastion.events import Carried, Input, Output
from bastion.ids import new_id
from bastion.locks.change import set_lock
from bastion.recording.reader import events
from bastion.store.rows import Lock
from bastion.store.sqlite.database import open_store
from tests.servers.deployment import ACCOUNT, run
from tests.servers.echo import Echo, ask
from tests.servers.forwarding import forwarding, forwarding_site
from tests.servers.sshd import free_port
from tests.servers.waiting import until

GRANT = """
[[grant]]
id = "forwarding"
groups = ["engineers"]
targets = ["gpu-*"]
logins = ["{account}"]
channels = ["exec", "forward"]
forward = ["{places}"]
{more}
"""


def _access(places: str, more: str = "") -> str:
    return GRANT.format(account=ACCOUNT, places=places, more=more)


@pytest.fixture
async def echo(tmp_path):
    """What is reached."""
    (tmp_path / "echo").mkdir()
    async with Echo(tmp_path / "echo") as echo:
        yield echo


@contextlib.asynccontextmanager
async def _open_stream(site, echo):
    """A forwarded connection that has carried something, its session's row and its reader."""
    port = free_port()
    async with forwarding(site, "-L", f"{port}:127.0.0.1:{echo.port}", "gpu-01") as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"half a word")
        await until(lambda: echo.heard)
        yield client, reader
        writer.close()


def _streams(site, kind="forward"):
    store = site.store()
    try:
        return [each.session for each in store.sessions.latest(9) if each.session.kind == kind]
    finally:
        store.close()


async def _ended(site, reader) -> str:
    """How the stream ended, which its user sees within a second or so."""
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
    await until(lambda: _streams(site)[0].ended_at is not None)
    return _streams(site)[0].ending


async def test_a_lock_ends_it(tmp_path, echo):
    """On a connection that is open already, by another process."""
    async with (
        forwarding_site(tmp_path / "site", _access(f"127.0.0.1:{echo.port}")) as site,
        _open_stream(site, echo) as (_, reader),
    ):
        clock = SystemClock()
        lock = Lock(new_id(clock), "user", "engineer", "left", clock.now(), "local:test")
        store = open_store(site.state.database)
        set_lock(store, lock, load_signer(site.state.record_key))
        store.close()
        assert await _ended(site, reader) == "locked"
        assert site.audited("session-revoked")[-1].detail["lock"] == lock.id


async def test_rules_that_name_the_place_no_more_end_it(tmp_path, echo):
    """The kind is still granted, the place is not; commands of the connection go on."""
    async with (
        forwarding_site(tmp_path / "site", _access(f"127.0.0.1:{echo.port}")) as site,
        _open_stream(site, echo) as (client, reader),
    ):
        (site.folder / "rules" / "access.toml").write_text(_access("127.0.0.1:9"))
        assert await _ended(site, reader) == "revoked"
        assert (await run(*client.command, "echo on")).out == b"on\n"


async def test_an_idle_stream_ends_and_no_limit_of_sessions_counts_it(tmp_path, echo):
    """`idle_seconds` is for it too; `sessions` is for what people sit at."""
    access = _access(f"127.0.0.1:{echo.port}", "idle_seconds = 2\nsessions = 1")
    async with (
        forwarding_site(tmp_path / "site", access) as site,
        _open_stream(site, echo) as (client, reader),
    ):
        assert (await run(*client.command, "echo still one")).out == b"still one\n"
        assert await _ended(site, reader) == "session-idle"


async def test_a_client_that_goes_away_ends_it(tmp_path, echo):
    """And what it carried is known."""
    async with forwarding_site(tmp_path / "site", _access(f"127.0.0.1:{echo.port}")) as site:
        async with _open_stream(site, echo):
            pass
        await until(lambda: _streams(site)[0].ended_at is not None)
        (closed,) = site.audited("forward-closed")
        assert closed.detail["from_user"] == len(b"half a word")


@pytest.mark.parametrize("is_kept", [False, True])
async def test_bytes_are_kept_where_the_configuration_says_so(tmp_path, echo, is_kept):
    """Both ways, and by default not; how much it was always stands in the sealed recording."""
    settings = {"forwarding": {"capture": is_kept}}
    access = _access(f"127.0.0.1:{echo.port}")
    async with forwarding_site(tmp_path / "site", access, settings=settings) as site:
        port = free_port()
        async with forwarding(site, "-L", f"{port}:127.0.0.1:{echo.port}", "gpu-01"):
            assert await ask(port, b"a\x00secret") == b"ECHO:a\x00secret"
        row = await site.newest()
        kept = [each.event for each in events(site.state.recordings / row.recording)]
        assert kept[-1] == Carried(8, 13)
        told = [b"".join(e.data for e in kept if isinstance(e, kind)) for kind in (Input, Output)]
        assert told == ([b"a\x00secret", b"ECHO:a\x00secret"] if is_kept else [b"", b""])


async def test_who_reads_slowly_stops_who_sends(tmp_path):
    """A host that sends without end is stopped soon; the bastion's memory stays as it is."""
    sent = 0
    stopped = asyncio.Event()

    async def flood(_reader, writer):
        nonlocal sent
        with contextlib.suppress(TimeoutError, ConnectionError):
            while True:
                writer.write(bytes(65536))
                async with asyncio.timeout(3):
                    await writer.drain()
                sent += 65536
        stopped.set()
        writer.transport.abort()

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    place = server.sockets[0].getsockname()[1]
    async with forwarding_site(tmp_path / "site", _access(f"127.0.0.1:{place}")) as site:
        before, port = _resident(site), free_port()
        async with forwarding(site, "-L", f"{port}:127.0.0.1:{place}", "gpu-01"):
            _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            async with asyncio.timeout(60):
                await stopped.wait()
            assert sent < 64 << 20
            assert _resident(site) - before < 30 << 20
            writer.close()
    server.close()


def _resident(site) -> int:
    """The memory of the bastion's process, in bytes."""
    return int(Path(f"/proc/{site.process.pid}/statm").read_text().split()[1]) * 4096
