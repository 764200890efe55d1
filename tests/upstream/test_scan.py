"""What a host presents, as ssh-keygen would show it."""

import socket

import asyncssh
import pytest

from bastion.errors import UpstreamError
from bastion.target import Family
from bastion.upstream.scan import scan
from tests.servers.deployment import run
from tests.servers.installed import require


async def test_a_real_sshd(sshd):
    """The pinned line and the fingerprint of ssh-keygen; nobody is logged in."""
    require("ssh-keygen", "openssh-client")
    (found,) = await scan("127.0.0.1", sshd.port, Family.ANY, 10)
    public = str(sshd.log.with_name("host_key.pub"))
    said = (await run("ssh-keygen", "-lf", public)).out.decode()
    assert found.line == sshd.host_key
    assert found.fingerprint in said
    assert "Accepted" not in sshd.log.read_text()


async def test_every_kind_of_key():
    """The best first, each once."""
    keys = [
        asyncssh.generate_private_key(kind)
        for kind in ("ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519")
    ]
    server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=keys, config=None)
    found = await scan("127.0.0.1", server.get_port(), Family.IPV4, 20)
    server.close()
    await server.wait_closed()
    assert [one.kind for one in found] == ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"]
    assert [one.fingerprint for one in found] == [key.get_fingerprint() for key in reversed(keys)]


async def test_only_weak_keys():
    """A host without a key that we would accept is named so."""
    key = asyncssh.generate_private_key("ssh-ed448")
    server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[key], config=None)
    with pytest.raises(UpstreamError, match="no host key of ssh-ed25519"):
        await scan("127.0.0.1", server.get_port(), Family.ANY, 20)
    server.close()
    await server.wait_closed()


async def test_nobody_there():
    """A sentence with the place."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(UpstreamError, match=f"127.0.0.1 port {port}: .*refused"):
            await scan("127.0.0.1", port, Family.ANY, 10)


async def test_what_the_resolver_says_comes_without_its_number():
    """Nobody knows resolvers' errors by their numbers."""
    with pytest.raises(UpstreamError, match=r"127\.0\.0\.1 port 22: [A-Z]"):
        await scan("127.0.0.1", 22, Family.IPV6, 10)
