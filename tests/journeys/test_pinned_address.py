"""Hosts that take only certificates for one address, by the real ssh."""

import time

import asyncssh
import pytest

from bastion.ca import keys
from bastion.ca.certificate import Wanted, sign_user
from tests.servers.deployment import ACCOUNT
from tests.servers.waiting import until

DEMAND = """
[[require]]
id = "gpu-here-only"
targets = ["gpu-*"]
pinned_address = true
"""


@pytest.fixture(scope="module")
async def strict(deployment):
    """A bastion whose hosts ask for it."""
    path = deployment.folder / "rules" / "access.toml"
    before = len(deployment.audited("rules-loaded"))
    path.write_text(path.read_text() + DEMAND)
    await until(lambda: len(deployment.audited("rules-loaded")) > before)
    return deployment


def _certified(deployment, *networks: str):
    """A key whose certificate is good from *networks*."""
    now, key = int(time.time()), asyncssh.generate_private_key("ssh-ed25519")
    certificate = sign_user(
        keys.load(deployment.state.user_ca),
        key,
        Wanted("sub-engineer", 7, ("engineer",), now - 60, now + 600),
        groups=["engineers"],
        allow_pty=True,
        allow_jump=True,
        source_addresses=networks,
    )
    return deployment.write_key(key, certificate, "pinned")


@pytest.mark.parametrize("way", ["jump", "direct"])
async def test_a_pinned_certificate_is_needed(strict, way):
    """By a jump, where the inner connection has no certificate of its own, and by user name."""
    before = len(strict.audited("access-denied"))
    there = ("gpu-01",) if way == "jump" else ("-l", f"{ACCOUNT}@gpu-01", "bastion")
    for networks in ((), ("0.0.0.0/0", "::/0")):
        refused = await strict.ssh(*there, "echo in", key=_certified(strict, *networks))
        assert refused.out == b""
        assert b"[pinned-login-needed]" in refused.err
        assert b"bastion login --pin" in refused.err
    opened = await strict.ssh(*there, "echo in", key=_certified(strict, "127.0.0.0/8"))
    assert opened.out == b"in\n"
    elsewhere = await strict.ssh(*there, "echo in", key=_certified(strict, "192.0.2.1/32"))
    assert (elsewhere.status, elsewhere.out) == (255, b"")
    assert b"Permission denied" in elsewhere.err
    causes = [entry.detail["cause"] for entry in strict.audited("access-denied")[before:]]
    assert causes == ["gpu-here-only requires pinned_address"] * 2
