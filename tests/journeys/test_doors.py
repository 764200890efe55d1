"""Every door of the table: open to whom it opens, to nobody else, and locked and held."""

from functools import partial
from pathlib import Path

import pytest

from bastion.authorization import Channel
from bastion.chain import load_signer
from bastion.clock import SystemClock
from bastion.downstream.doors import DOORS, Hold
from bastion.ids import new_id
from bastion.locks.change import set_lock
from bastion.store.rows import Lock
from bastion.store.sqlite.database import open_store
from tests.servers.deployment import ACCOUNT
from tests.servers.echo import Echo
from tests.servers.forwarding import forwarding_site
from tests.servers.knocking import Knocker, knocking
from tests.servers.sshd import free_port
from tests.servers.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

BY_KIND = [door for door in DOORS if door.kinds]


def _named(door) -> str:
    return f"{door.knock.split()[0]}-{door.name or 'other'}"


def _grant(group: str, channels: set[Channel], echo: Echo, **more: str) -> str:
    places = f'["127.0.0.1:{echo.port}", "unix:{echo.folder}/*"]'
    keys = {
        "id": f'"{group}"',
        "groups": f'["{group}"]',
        "targets": '["gpu-01", "gpu-09"]',
        "logins": f'["{ACCOUNT}"]',
        "channels": str([str(kind) for kind in sorted(channels)]),
    } | more
    if Channel.FORWARD in channels:
        keys["forward"] = places
    if Channel.FORWARD_REMOTE in channels:
        keys["listen"] = f'["localhost:*", "unix:{echo.folder}/*"]'
    for kind, key in ((Channel.SFTP_READ, "read"), (Channel.SFTP_WRITE, "write")):
        if kind in channels:
            keys[key] = '["/"]'
    return "[[grant]]\n" + "".join(f"{name} = {value}\n" for name, value in keys.items())


@pytest.fixture(scope="module")
async def site(tmp_path_factory, echo):
    """A group for each kind, one for all others than it; gpu-08 after approval, gpu-09 locked."""
    rules = [_grant("asked", set(Channel), echo, targets='["gpu-08"]', approval="{}")]
    for kind in Channel:
        lends = {Channel.EXEC} if kind in (Channel.AGENT, Channel.X11) else set()
        rules.append(_grant(f"only-{kind}", {kind} | lends, echo))
        files = {Channel.SFTP_READ, Channel.SFTP_WRITE}
        without = files if kind in files else {kind}
        rules.append(_grant(f"not-{kind}", set(Channel) - without, echo))
    folder = tmp_path_factory.mktemp("site")
    async with forwarding_site(folder, "\n".join(rules)) as site:
        hosts = (folder / "hosts.toml").read_text()
        before = len(site.audited("rules-loaded"))
        others = [hosts.replace("gpu-01", name) for name in ("gpu-08", "gpu-09")]
        (folder / "hosts.toml").write_text("\n".join([hosts, *others]))
        await until(lambda: len(site.audited("rules-loaded")) > before)
        _lock(site, "gpu-09")
        yield site


def _lock(site, host: str) -> None:
    clock = SystemClock()
    store, signer = open_store(site.state.database), load_signer(site.state.record_key)
    set_lock(store, Lock(new_id(clock), "host", host, "mending", clock.now(), "local:test"), signer)
    store.close()


def _knock(door, knocker: Knocker, echo: Echo):
    """Knock at *door*."""
    ways = {
        "direct-tcpip": partial(knocker.tcp, echo.port),
        "direct-streamlocal@openssh.com": partial(knocker.socket, echo.socket),
        "shell": knocker.shell,
        "exec": knocker.exec,
        "subsystem": knocker.sftp,
        "auth-agent-req@openssh.com": knocker.agent,
        "x11-req": knocker.display,
        "tcpip-forward": partial(knocker.listen, free_port()),
        "streamlocal-forward@openssh.com": partial(
            knocker.listen_socket, echo.folder / f"{free_port()}.sock"
        ),
    }
    return ways[door.name]()


async def _heard(site, echo, door, group: str, host: str = "gpu-01") -> str:
    key = site.certify(groups=(group,))
    async with knocking(site, key, f"{ACCOUNT}@{host}") as knocker:
        return await _knock(door, knocker, echo)


@pytest.mark.parametrize("door", BY_KIND, ids=_named)
async def test_a_door_opens_by_each_of_its_kinds(site, echo, door):
    """A grant of that kind is enough."""
    for kind in door.kinds:
        assert await _heard(site, echo, door, f"only-{kind}") == "open"


@pytest.mark.parametrize("door", BY_KIND, ids=_named)
async def test_a_door_stays_shut_without_its_kinds(site, echo, door):
    """All other kinds together do not open it; the client hears a sentence with a code."""
    heard = await _heard(site, echo, door, f"not-{door.kinds[0]}")
    assert f"({door.kinds[0]})" in heard
    assert "[channel-refused]" in heard


@pytest.mark.parametrize("door", BY_KIND, ids=_named)
async def test_a_lock_shuts_every_door(site, echo, door):
    """Who may, may not while it stands; where SSH has words, they say why."""
    heard = await _heard(site, echo, door, f"only-{door.kinds[0]}", "gpu-09")
    assert "(mending)" in heard
    assert "[locked]" in heard


@pytest.mark.parametrize("door", BY_KIND, ids=_named)
async def test_a_door_waits_or_is_refused_until_access_is_approved(site, echo, door):
    """As the table says."""
    heard = await _heard(site, echo, door, "asked", "gpu-08")
    if door.hold is Hold.REFUSED:
        assert "[approval-needed]" in heard
    else:
        assert "waits for approval" in heard


async def test_what_nothing_opens_is_refused(site):
    """Tunnels, unknown channels, subsystems and requests; the connection goes on all the while."""
    async with knocking(site, site.certify(groups=("only-exec",)), f"{ACCOUNT}@gpu-01") as knocker:
        assert "(tun@openssh.com)" in await knocker.tunnel()
        assert "(weird\\x1b[31m@example.com)" in await knocker.weird()
        assert "(subsystem netconf)" in await knocker.subsystem()
        assert await knocker.request() != "open"
        assert await knocker.anything() == ""
        assert await knocker.cancel(1) == ""
        assert await knocker.cancel_socket(Path("/nowhere")) == ""
        assert await knocker.exec() == "open"
