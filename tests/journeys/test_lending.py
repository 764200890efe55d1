"""What engineers lend to hosts: the ssh-agent (`ssh -A`) and the display (`ssh -X`)."""

import asyncio
import contextlib
import os
from pathlib import Path

import asyncssh
import pytest

from tests.servers.deployment import ACCOUNT, run
from tests.servers.forwarding import forwarding, forwarding_site
from tests.servers.installed import require
from tests.servers.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

GRANT = """
[[grant]]
id = "{group}"
groups = ["{group}"]
targets = ["gpu-*"]
logins = ["{account}"]
channels = {channels}
"""


@pytest.fixture(scope="module")
async def site(tmp_path_factory):
    """`lenders` may lend both, `others` nothing."""
    kinds = {"lenders": '["shell", "exec", "agent", "x11"]', "others": '["shell", "exec"]'}
    access = "".join(
        GRANT.format(group=group, account=ACCOUNT, channels=channels)
        for group, channels in kinds.items()
    )
    async with forwarding_site(tmp_path_factory.mktemp("site"), access) as site:
        site.key = site.certify(groups=("lenders",))
        site.other = site.certify(groups=("others",))
        yield site


@pytest.fixture(scope="module")
async def agent(tmp_path_factory):
    """A real ssh-agent with one key; its socket."""
    require("ssh-agent", "openssh-client")
    folder = tmp_path_factory.mktemp("agent")
    path, key = folder / "agent", folder / "key"
    asyncssh.generate_private_key("ssh-ed25519", "lent@home").write_private_key(key)
    key.chmod(0o600)
    process = await asyncio.create_subprocess_exec(
        "ssh-agent", "-D", "-a", str(path), stdout=asyncio.subprocess.PIPE
    )
    await process.stdout.readline()  # it says where it listens once it does
    environment = os.environ | {"SSH_AUTH_SOCK": str(path)}
    await (await asyncio.create_subprocess_exec("ssh-add", "-q", str(key), env=environment)).wait()
    yield path
    process.terminate()
    await process.wait()


async def _closed(site, kind, number):
    """How the streams of *kind* ended, once so many have."""

    def found():
        return [e.detail for e in site.audited("forward-closed") if e.detail["kind"] == kind]

    await until(lambda: len(found()) >= number)
    return found()


def _lending(agent):
    return ("-o", "ForwardAgent=yes", "-o", f"IdentityAgent={agent}")


@pytest.mark.parametrize("way", ["gpu-01", f"{ACCOUNT}@gpu-01@bastion"])
async def test_an_agent_is_lent_through_the_bastion(site, agent, way):
    """`ssh -A`: the host uses the agent; no socket of it is on the bastion; the record has it."""
    sockets = _sockets_of(site)
    ran = await site.ssh(*_lending(agent), way, "ssh-add -l; ssh-add -L", key=site.key)
    assert ran.out.count(b"lent@home") == 2
    assert _sockets_of(site) == sockets
    opened = [e for e in site.audited("session-opened") if e.detail["kind"] == "agent"]
    assert len(opened) >= 2
    closed = await _closed(site, "agent", len(opened))
    assert closed[-1]["to"] == "the user's ssh-agent"
    assert closed[-1]["from_host"] > 0
    assert closed[-1]["from_user"] > closed[-1]["from_host"]


async def test_an_agent_is_not_lent_without_the_grant(site, agent):
    """The host hears nothing of it; the session goes on; `ssh -v` says why."""
    ran = await site.ssh(
        "-v", *_lending(agent), "gpu-01", "echo agent: $SSH_AUTH_SOCK", key=site.other
    )
    assert ran.out == b"agent:\n"
    assert b"(agent)" in ran.err
    assert b"[channel-refused]" in ran.err


async def test_an_agent_is_lent_only_while_the_session_lasts(site, agent, tmp_path):
    """What a session leaves behind on the host cannot use the agent once the session is over."""
    options = _lending(agent)
    async with forwarding(site, "gpu-01", key=site.key, options=options) as client:
        command = f"ln -sf $SSH_AUTH_SOCK {tmp_path}/left; ssh-add -l; sleep 60"
        lasting = await asyncio.create_subprocess_exec(
            *(*client.command[:-1], *options, client.command[-1], command),
            stdout=asyncio.subprocess.PIPE,
        )
        assert b"lent@home" in await lasting.stdout.readline()
        use = f"SSH_AUTH_SOCK={tmp_path}/left timeout 10 ssh-add -l"
        plain = (*client.command[:-1], "-o", "ForwardAgent=no", client.command[-1])
        assert b"lent@home" in (await run(*plain, use)).out
        lasting.terminate()
        await lasting.wait()
        await until(lambda: len(site.audited("session-closed")) == _opened(site))
        assert b"lent@home" not in (await run(*plain, use)).out


async def test_a_use_of_the_agent_ends_with_the_session(site, agent):
    """Also one that is open already, by a process of the host that outlives the session."""
    options, identities = _lending(agent), b"\0\0\0\1\x0b"
    async with forwarding(site, "gpu-01", key=site.key, options=options) as client:
        lasting = await asyncio.create_subprocess_exec(
            *(*client.command[:-1], *options, client.command[-1], "echo $SSH_AUTH_SOCK; sleep 60"),
            stdout=asyncio.subprocess.PIPE,
        )
        socket = (await lasting.stdout.readline()).decode().strip()
        reader, writer = await asyncio.open_unix_connection(socket)
        writer.write(identities)
        size = int.from_bytes(await reader.readexactly(4))
        assert b"lent@home" in await reader.readexactly(size)
        lasting.terminate()
        await lasting.wait()
        async with asyncio.timeout(20):
            assert await reader.read() == b""
        writer.close()
        await until(lambda: len(site.audited("session-closed")) == _opened(site))


def _opened(site):
    return len(site.audited("session-opened"))


@pytest.fixture(scope="module")
async def display():
    """A real X server; its name."""
    program = require("Xvfb", "xvfb")
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(program, "-displayfd", str(writing), "-nolisten", "tcp", "-screen", "0", "640x480x24"),
        pass_fds=(writing,),
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as numbers:
        number = await asyncio.get_running_loop().run_in_executor(None, numbers.readline)
    yield f":{number.strip()}"
    process.terminate()
    await process.wait()


async def test_a_display_is_lent_through_the_bastion(site, display, monkeypatch):
    """`ssh -Y`: a program of the host draws on the engineer's screen; the record has it."""
    require("xdpyinfo", "x11-utils")
    require("xauth", "xauth")
    monkeypatch.setenv("DISPLAY", display)
    ran = await site.ssh("-Y", "gpu-01", "xdpyinfo | grep dimensions", key=site.key)
    assert b"640x480 pixels" in ran.out
    closed = await _closed(site, "x11", 1)
    assert closed[-1]["from_user"] > 1000


async def test_a_display_is_refused_without_the_grant(site, display, monkeypatch):
    """In words, and the session goes on without one."""
    monkeypatch.setenv("DISPLAY", display)
    ran = await site.ssh("-Y", "gpu-01", "echo display: $DISPLAY", key=site.other)
    assert ran.out == b"display:\n"
    assert b"(x11)" in ran.err
    assert b"[channel-refused]" in ran.err


def _sockets_of(site) -> set[str]:
    """The Unix sockets on which the bastion's process listens."""
    links = set()
    for file in Path(f"/proc/{site.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since
            links.add(str(file.readlink()))
    table = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    return {row[6] for row in table if row[3] == "00010000" and f"socket:[{row[6]}]" in links}
