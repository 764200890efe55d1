"""What forwarding may take: jumps within jumps, hosts that open and listen without end."""

import asyncio
import contextlib

import asyncssh
import pytest

from tests.servers.deployment import ACCOUNT
from tests.servers.echo import ask
from tests.servers.forwarding import forwarding, forwarding_site
from tests.servers.knocking import knocking
from tests.servers.sshd import free_port
from tests.servers.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCESS = f"""
[[grant]]
id = "back"
groups = ["engineers"]
targets = ["gpu-*"]
logins = ["{ACCOUNT}"]
channels = ["exec", "forward-remote"]
listen = ["localhost:*"]
"""
MOST = 4


@pytest.fixture(scope="module")
async def site(tmp_path_factory):
    """Engineers may let hosts listen; a connection has few channels."""
    folder = tmp_path_factory.mktemp("site")
    settings = {"limits": {"max_channels": MOST}}
    async with forwarding_site(folder, ACCESS, settings=settings) as site:
        yield site


def _jump(outer):
    return asyncssh.connect(
        "gpu-01",
        22,
        tunnel=outer,
        username=ACCOUNT,
        known_hosts=None,
        config=None,
        agent_path=None,
        client_keys=[],
    )


async def _jump_on(chain):
    """From jump to jump, until one is refused."""
    while len(chain) < 99:
        chain.append(await _jump(chain[-1]))


async def test_jumps_do_not_nest_without_end(site):
    """No more of them than channels, however they are nested; those that stand go on."""
    async with knocking(site, site.certify(), "engineer") as knocker:
        chain = [knocker.connection]
        with pytest.raises(asyncssh.ChannelOpenError, match="too-many-channels"):
            await _jump_on(chain)
        assert len(chain) == 1 + MOST
        ran = await chain[-1].run("echo deep")
        assert ran.stdout == "deep\n"
        chain[-1].abort()
        await chain[-1].wait_closed()
        chain[-1] = await _jump(chain[1])
        assert (await chain[-1].run("echo again")).stdout == "again\n"
        for connection in reversed(chain[1:]):
            connection.abort()


async def test_jumps_in_a_row_have_an_end_of_their_own(tmp_path):
    """Where there is room for more channels."""
    async with (
        forwarding_site(tmp_path / "site", ACCESS) as site,
        knocking(site, site.certify(), "engineer") as knocker,
    ):
        chain = [knocker.connection]
        with pytest.raises(asyncssh.ChannelOpenError, match="at most 8 jumps"):
            await _jump_on(chain)
        assert len(chain) == 1 + 8
        for connection in reversed(chain[1:]):
            connection.abort()


async def test_a_host_opens_no_more_than_there_is_room_for(site, echo):
    """Also where it opens them all at once, before any of them has its channel."""
    port, before = free_port(), echo.asked
    async with forwarding(site, "-R", f"{port}:127.0.0.1:{echo.port}", "gpu-01"):
        at_once = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3 * MOST)]
        for _, writer in at_once:
            with contextlib.suppress(ConnectionError):
                writer.write(b"x")
        endings = [asyncio.create_task(reader.read()) for reader, _ in at_once]
        refused = 2 * MOST
        await until(lambda: sum(each.done() for each in endings) >= refused)
        await until(lambda: echo.asked - before >= MOST)
        assert echo.asked - before == MOST
        for _, writer in at_once:
            writer.close()
        for ending in endings:
            with contextlib.suppress(ConnectionError):
                await ending


async def test_ssh_does_not_pass_where_a_host_listens(site):
    """An sshd that somebody starts on the host would be a shell that nobody records."""
    port, back, heard = free_port(), free_port(), []

    async def client(reader, writer):
        heard.append(await reader.read(99))
        writer.write(b"SSH-2.0-mine\r\n")
        writer.close()

    server = await asyncio.start_server(client, "127.0.0.1", back)
    async with forwarding(site, "-R", f"{port}:127.0.0.1:{back}", "gpu-01"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"SSH-2.0-hidden\r\n")
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        row = await site.newest()
        assert (row.kind, row.ending) == ("forward-remote", "ssh-not-forwarded")
    assert not any(b"hidden" in each for each in heard)
    server.close()


async def test_rules_that_name_the_place_no_more_end_the_listening(tmp_path, echo):
    """The host's port is free again, though nobody has connected; what they allow goes on."""
    kept, gone = free_port(), free_port()
    ways = [("-R", f"{port}:127.0.0.1:{echo.port}") for port in (kept, gone)]
    async with (
        forwarding_site(tmp_path / "site", ACCESS) as site,
        forwarding(site, *ways[0], *ways[1], "gpu-01") as client,
    ):
        assert await ask(gone, b"x") == b"ECHO:x"
        some = ACCESS.replace('["localhost:*"]', f'["localhost:{kept}"]')
        (site.folder / "rules" / "access.toml").write_text(some)
        await until(lambda: f"(localhost:{gone})" in client.said)
        with pytest.raises(ConnectionRefusedError):
            await _until_refused(gone)
        assert await ask(kept, b"x") == b"ECHO:x"


async def _until_refused(port):
    """Connect until nothing listens there any more."""
    async with asyncio.timeout(10):
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.suppress(ConnectionError):
                await reader.read()
            writer.close()
