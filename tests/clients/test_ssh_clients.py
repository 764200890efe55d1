"""Clients that open sessions and forward: each row of the table with each of them."""

import asyncio
import contextlib
import hashlib
import os
import re

import pytest

from tests.clients.library_clients import Library
from tests.clients.site import BLOCKED, ELSEWHERE
from tests.servers.process import ended
from tests.servers.waiting import until

pytestmark = [pytest.mark.clients, pytest.mark.asyncio(loop_scope="session")]
TABLE = "ssh"
BINARY = os.urandom(300_000)


async def recorded(site, argv, **given):
    """Run a client; its session has a record."""
    before = site.sessions()
    ran = await site.run(argv, **given)
    await until(lambda: site.sessions() > before)
    return ran


@pytest.mark.row("certificate")
async def test_a_certificate_logs_in(client, site, cell):
    """`LOGIN@HOST@BASTION` with the certificate of `bastion login`, and nothing else."""
    if cell.lacks(client):
        return
    ran = await recorded(site, client.runs("echo in", way="direct"))
    assert (ran.status, ran.out) == (0, b"in\n"), ran
    cell.works(client)


@pytest.mark.row("host key")
async def test_the_bastion_proves_who_it_is(client, site, cell):
    """The client that has been given the bastion's host CA, or its key, asks nothing."""
    way = {} if isinstance(client, Library) else {"way": "jump"}  # where none is told it otherwise
    ran = await recorded(site, client.runs("true", **way))
    assert ran.status == 0, ran
    cell.works(client)


@pytest.mark.row("page")
async def test_a_person_signs_in_at_a_page(client, site, cell):
    """Without a certificate: the client shows a page of the identity provider, and waits."""
    if cell.lacks(client):
        return
    ran = await site.signs_in(client.runs("echo in", way="page"))
    assert ran.status == 0, ran
    assert re.search(rb"(?m)^.*in\r?\n?$", ran.out), ran
    cell.works(client)


@pytest.mark.row("jump")
async def test_a_jump(client, site, cell):
    """`ssh -J`, or a command of OpenSSH that the client speaks through."""
    if cell.lacks(client):
        return
    ran = await recorded(site, client.runs("echo in", way="jump"))
    assert (ran.status, ran.out) == (0, b"in\n"), ran
    cell.works(client)


@pytest.mark.row("shell")
async def test_a_shell_on_a_terminal(client, cell):
    """It knows the window's size, and ends with the shell's exit status."""
    assert await client.shell() == 7
    cell.works(client)


@pytest.mark.row("command")
async def test_a_command(client, site, cell):
    """Stdout and stderr apart, and the exit status."""
    ran = await recorded(site, client.runs("echo one; echo two >&2; exit 37"))
    assert (ran.status, ran.out) == (37, b"one\n"), ran
    assert b"two\n" in ran.err.replace(b"\r\n", b"\n")
    cell.works(client)


@pytest.mark.row("binary")
async def test_bytes_come_back_as_they_went(client, site, cell):
    """300 kB of random bytes through stdin and stdout, and the end of the input."""
    ran = await recorded(site, client.runs("cat"), input_=BINARY)
    assert (ran.status, ran.out == BINARY) == (0, True), ran.err
    counted = await recorded(site, client.runs("sha256sum"), input_=BINARY)
    assert counted.out.split()[0].decode() == hashlib.sha256(BINARY).hexdigest()
    cell.works(client)


@pytest.mark.row("SFTP")
async def test_files_by_its_own_sftp(client, site, cell):
    """A file there and back; the record has its SHA-256 both times."""
    if not isinstance(client, Library):
        cell.keep(client.label, "ok", "By programs of its own: see the next table.")
        return
    up, there, down = (site.files / f"{client.label}-{name}" for name in ("up", "there", "down"))
    up.write_bytes(BINARY)
    assert (await site.run(client.best("put", local=str(up), remote=str(there)))).status == 0
    assert (await site.run(client.best("get", local=str(down), remote=str(there)))).status == 0
    assert down.read_bytes() == there.read_bytes() == BINARY
    digest = hashlib.sha256(BINARY).hexdigest()
    await until(lambda: (str(there), digest) in site.deeds())
    cell.works(client)


@pytest.mark.row("-L")
async def test_a_port_here_leads_to_the_host(client, cell):
    """A connection to a port of this machine is opened by the host."""
    if cell.lacks(client):
        return
    assert await client.leads(b"one") == b"ECHO:one"
    cell.works(client)


@pytest.mark.row("-R")
async def test_a_port_of_the_host_leads_here(client, cell):
    """The host listens, and what connects there comes here."""
    if cell.lacks(client):
        return
    assert await client.listens(b"two") == b"ECHO:two"
    cell.works(client)


@pytest.mark.row("-D")
async def test_socks(client, cell):
    """A web page behind the host, by SOCKS."""
    if cell.lacks(client):
        return
    assert await client.proxies() == b"hello\n"
    cell.works(client)


@pytest.mark.row("-W")
async def test_a_connection_on_stdin_and_stdout(client, site, cell):
    """A connection that the host opens, as the client's own input and output."""
    ran = await site.run(client.forwards(site.echo.port), input_=b"three")
    assert ran.out == b"ECHO:three", ran
    cell.works(client)


@contextlib.asynccontextmanager
async def agent(site):
    """An ssh-agent with one key: its socket, and the key's fingerprint."""
    socket = site.folder / f"agent-{os.urandom(4).hex()}"
    process = await asyncio.create_subprocess_exec(
        "ssh-agent", "-D", "-a", str(socket), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await until(socket.is_socket)
        key = site.folder / f"{socket.name}-key"
        await site.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)])
        await site.run(["ssh-add", "-q", str(key)], SSH_AUTH_SOCK=str(socket))
        told = await site.run(["ssh-keygen", "-lf", str(key)])
        yield str(socket), told.out.split()[1]
    finally:
        await ended(process)


@pytest.mark.row("agent")
async def test_the_host_uses_the_agent(client, site, cell):
    """The host sees the keys of this machine's ssh-agent."""
    if cell.lacks(client):
        return
    async with agent(site) as (socket, fingerprint):
        ran = await site.run(client.lends("ssh-add -l"), SSH_AUTH_SOCK=socket)
        assert fingerprint in ran.out, ran
    cell.works(client)


@pytest.mark.row("shared connection")
async def test_several_sessions_on_one_connection(client, cell):
    """Five commands at once on one login, each with its own exit status."""
    if cell.lacks(client):
        return
    assert await client.shares() == [0, 1, 2, 3, 4]
    cell.works(client)


@pytest.mark.row("host refused")
async def test_a_host_that_one_may_not_reach(client, site, cell):
    """The client shows the sentence of `access-denied`, and fails."""
    ran = await site.run(client.runs("true", target=ELSEWHERE))
    assert ran.status != 0
    assert b"[access-denied]" in ran.err, ran
    cell.works(client)


@pytest.mark.row("command blocked")
async def test_a_command_that_is_blocked(client, site, cell):
    """The client shows which rule, and fails; nothing ran."""
    ran = await recorded(site, client.runs(BLOCKED))
    assert (ran.status, ran.out) == (126, b""), ran
    assert b"[command-blocked]" in ran.err, ran
    cell.works(client)
