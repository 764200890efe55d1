"""The whole demo in this process: it starts, says where things are, and leaves nothing behind."""

import asyncio
import socket

import pytest

from bastion.clock import SystemClock
from bastion.demo import demo as module
from bastion.demo.demo import Demo
from bastion.demo.running import running_alone
from bastion.demo.selftest import SelfTest
from bastion.demo.site import PortsWanted, Site
from bastion.errors import ClientError, ConfigError
from tests.servers.plain_http import plain_http
from tests.servers.program import bastion
from tests.servers.sshd import free_port


def ports(**changes):
    """Ports that nobody else is given meanwhile, unlike those that the system would choose."""
    names = ("ssh", "web", "provider", "host")
    return PortsWanted(**{name: free_port() for name in names} | changes)


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path / "demo")


@pytest.fixture
def taken():
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


async def test_it_starts_stops_and_starts_again(site):
    """The second start finds keys and password of the first; after it, nobody answers."""
    first = Demo(site, ports(), SystemClock())
    await first.start(print)
    try:
        async with plain_http() as http:
            assert (await http.get(f"{first.url}/healthz")).status_code == 200
    finally:
        await first.stop()
    host_ca = site.state.host_ca.read_bytes()
    second = Demo(site, ports(), SystemClock())
    await second.start(print)
    await second.stop()
    assert second.password == first.password != ""
    assert site.state.host_ca.read_bytes() == host_ca
    with pytest.raises(OSError, match=r"."):
        await asyncio.open_connection("127.0.0.1", int(second.url.rpartition(":")[2]))


async def test_a_second_one_in_the_same_folder_is_one_sentence(site):
    """It changes nothing of the first one's; once that has stopped, it starts."""
    first = Demo(site, ports(), SystemClock())
    await first.start(print)
    written = [site.config.read_bytes(), (site.root / "hosts.toml").read_bytes()]
    with pytest.raises(ConfigError, match=r"a demo runs there already; .* `--state`"):
        await Demo(site, ports(), SystemClock()).start(print)
    assert [site.config.read_bytes(), (site.root / "hosts.toml").read_bytes()] == written
    await first.stop()
    with running_alone(site.root):
        pass


@pytest.mark.parametrize("which", ["ssh", "web", "provider", "host"])
async def test_a_taken_port_is_one_sentence(site, taken, which):
    """It names the port and the way out, and nothing stays running."""
    demo = Demo(site, ports(**{which: taken}), SystemClock())
    with pytest.raises(ConfigError, match=rf"port {taken}: .*bastion quickstart --help"):
        await demo.start(print)


async def test_without_an_sshd_the_small_host_serves(site, monkeypatch):
    """The same story runs, up to the host."""
    monkeypatch.setattr(module, "find_sshd", lambda: None)
    told = asyncio.Queue()
    demo = Demo(site, ports(), SystemClock())
    await demo.start(told.put_nowait)
    try:
        assert "a small SSH host" in demo.host_kind
        steps = [name async for name, _ in SelfTest(demo, site, told, SystemClock()).steps()]
    finally:
        await demo.stop()
    assert steps[-1] == "the record"
    assert len(steps) == 5


async def test_a_step_that_fails_says_which(site):
    """The self-test stops there with what came out."""
    demo = Demo(site, ports(), SystemClock())
    await demo.start(print)
    await demo.stop()
    with pytest.raises(ClientError, match="cannot reach http://127"):
        _ = [step async for step in SelfTest(demo, site, asyncio.Queue(), SystemClock()).steps()]


async def quickstart(*arguments):
    return await bastion("quickstart", *arguments, NO_COLOR="1", COLUMNS="300")


async def test_the_command_line_says_it_in_one_sentence(site, taken, tmp_path):
    """A taken port and a folder that cannot be written: exit code 1, no traceback."""
    ran = await quickstart("--state", site.root, "--ssh-port", taken)
    assert ran.status == 1
    assert ran.err.startswith(b"bastion: the demo cannot listen on 127.0.0.1 port")
    assert len(ran.err.strip().splitlines()) == 1
    (tmp_path / "file").write_text("")
    ran = await quickstart("--state", tmp_path / "file" / "demo")
    assert ran.status == 1
    assert b"cannot be written: Not a directory" in ran.err
    assert len(ran.err.strip().splitlines()) == 1
