"""Forwarding with the stock client: -L, -D, -W, -R, sockets; what no rule names is refused."""

import asyncio
import os
import socket

import pytest

from tests.servers.deployment import ACCOUNT, run
from tests.servers.echo import ask
from tests.servers.forwarding import forwarding, forwarding_site
from tests.servers.installed import require
from tests.servers.sshd import free_port
from tests.servers.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

JUMP = ("gpu-01",)
DIRECT = (f"{ACCOUNT}@gpu-01@bastion",)
DATA = b"hello" * 1000


@pytest.fixture(scope="module")
async def site(tmp_path_factory, echo):
    """Engineers may forward to the echo, and have the host listen on loopback."""
    access = f"""
[[grant]]
id = "forwarding"
groups = ["engineers"]
targets = ["gpu-*"]
logins = ["{ACCOUNT}"]
channels = ["shell", "exec", "forward", "forward-remote"]
forward = ["127.0.0.1:{echo.port}", "LOCALHOST:{echo.port}", "unix:{echo.folder}/*"]
listen = ["localhost:*", "unix:{echo.folder}/*"]
"""
    async with forwarding_site(tmp_path_factory.mktemp("site"), access) as site:
        yield site


@pytest.mark.parametrize("way", [JUMP, DIRECT], ids=["jump", "login@host"])
async def test_a_local_port_leads_through_the_host(site, echo, way):
    """`ssh -L`: bytes both ways, half-close kept, one record of where it led and how much."""
    port = free_port()
    async with forwarding(site, "-L", f"{port}:127.0.0.1:{echo.port}", *way):
        assert await ask(port, DATA) == b"ECHO:" + DATA
    row = await site.newest()
    assert (row.kind, row.command) == ("forward", f"127.0.0.1:{echo.port}")
    (closed,) = [e for e in site.audited("forward-closed") if e.detail["session"] == row.id]
    assert closed.detail["from_user"] == len(DATA)
    assert closed.detail["from_host"] == len(DATA) + len("ECHO:")


async def test_socks_leads_through_the_host(site, echo):
    """`ssh -D` with curl: what it asks for by name is judged by that name."""
    curl = (require("curl", "curl"), "--silent", "--max-time", "10", "--socks5-hostname")
    port = free_port()
    async with forwarding(site, "-D", f"{port}", *JUMP) as client:
        ran = await run(*curl, f"127.0.0.1:{port}", f"http://localhost:{echo.port}/")
        assert ran.out == b"hello\n"
        ran = await run(*curl, f"127.0.0.1:{port}", f"http://127.0.0.2:{echo.port}/")
        assert (ran.status != 0, ran.out) == (True, b"")
        assert f"(127.0.0.2:{echo.port})" in client.said
        assert "[forward-refused]" in client.said


@pytest.mark.parametrize("way", [JUMP, DIRECT], ids=["jump", "login@host"])
async def test_stdin_and_stdout_lead_through_the_host(site, echo, way):
    """`ssh -W host:port`."""
    ran = await site.ssh("-W", f"127.0.0.1:{echo.port}", *way, input_=DATA)
    assert (ran.status, ran.out) == (0, b"ECHO:" + DATA)


async def test_a_socket_of_the_host_is_reached(site, echo, tmp_path):
    """`ssh -L` from a socket to a socket."""
    async with forwarding(site, "-L", f"{tmp_path}/here:{echo.socket}", *JUMP):
        assert await ask(tmp_path / "here", DATA) == b"ECHO:" + DATA
    assert (await site.newest()).command == f"unix:{echo.socket}"


async def test_the_host_listens_and_leads_back(site, echo):
    """`ssh -R`: each connection is a session; the listener goes when it is taken back."""
    port, back = free_port(), ("-R", f"{free_port()}:127.0.0.1:{echo.port}")
    async with forwarding(site, "-R", f"{port}:127.0.0.1:{echo.port}", *JUMP) as client:
        assert await ask(port, DATA) == b"ECHO:" + DATA
        row = await site.newest()
        assert (row.kind, row.command) == ("forward-remote", f"localhost:{port}")
        assert (await client.control("forward", *back)).status == 0
        assert (await client.control("cancel", *back)).status == 0
        ran = await client.control("forward", "-R", f"0:127.0.0.1:{echo.port}")
        assert await ask(int(ran.out), b"x") == b"ECHO:x"
    assert await _is_refused(port)
    assert await _is_refused(int(ran.out))
    listening = site.audited("forward-listening")
    assert {f"localhost:{port}", "localhost:0"} <= {entry.detail["at"] for entry in listening}


async def test_a_socket_of_the_host_leads_back(site, echo):
    """`ssh -R` with sockets."""
    there = echo.folder / "back.sock"
    async with forwarding(site, "-R", f"{there}:{echo.socket}", *JUMP):
        assert await ask(there, DATA) == b"ECHO:" + DATA
    assert (await site.newest()).command == f"unix:{there}"


async def test_many_at_once_share_a_connection(site, echo):
    """Twenty connections, every answer the right one."""
    port = free_port()
    async with forwarding(site, "-L", f"{port}:127.0.0.1:{echo.port}", *JUMP):
        asked = [f"{number}".encode() * 5000 for number in range(20)]
        answers = await asyncio.gather(*(ask(port, data) for data in asked))
    assert answers == [b"ECHO:" + data for data in asked]


async def test_much_is_carried_unchanged(site, echo):
    """Thirty megabytes both ways."""
    port, data = free_port(), os.urandom(30_000_000)
    async with forwarding(site, "-L", f"{port}:127.0.0.1:{echo.port}", *JUMP):
        assert await ask(port, data) == b"ECHO:" + data


async def test_where_nothing_listens_the_client_is_told(site, echo):
    """The host's own words, in ours; and the session's ending says it."""
    await echo.pause()
    ran = await site.ssh("-W", f"127.0.0.1:{echo.port}", *JUMP)
    await echo.resume()
    assert ran.status == 255
    assert b"[forward-failed]" in ran.err
    assert (await site.newest()).ending == "forward-failed"


async def _is_refused(port: int) -> bool:
    """Whether nothing listens any more, at the latest soon."""

    def is_closed() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0

    await until(is_closed)
    return True
