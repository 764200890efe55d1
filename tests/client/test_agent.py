"""The key in a real ssh-agent, and agents that are none."""

import asyncio
import time

import asyncssh
import pytest

from bastion.ca.certificate import Wanted, sign_user
from bastion.client import agent
from bastion.errors import ClientError
from tests.servers.deployment import run


@pytest.fixture
def pair(tmp_path):
    """A key and its certificate, with the public files beside each other."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    ca = asyncssh.generate_private_key("ssh-ed25519")
    now = int(time.time())
    wanted = Wanted("sub", 1, ("engineer",), now - 60, now + 600)
    certificate = sign_user(ca, key, wanted, allow_pty=True)
    key.write_public_key(tmp_path / "k.pub")
    certificate.write_certificate(tmp_path / "k-cert.pub")
    return key, certificate, tmp_path / "k.pub", tmp_path / "k-cert.pub"


@pytest.fixture
async def odd_agent(tmp_path):
    """Something that listens and answers every question with rubbish, or not at all."""
    servers, writers = [], []

    async def start(answer):
        async def talk(reader, writer):
            writers.append(writer)
            await reader.read(5)
            if answer is not None:
                writer.write(answer)
                writer.close()

        path = str(tmp_path / "odd")
        servers.append(await asyncio.start_unix_server(talk, path))
        return path

    yield start
    for server in [*writers, *servers]:
        server.close()


async def test_the_agent_gets_the_key_with_an_end(ssh_agent, pair):
    """`ssh-add -l` lists the certificate, and the agent holds it until it is taken out."""
    key, certificate, public, signed = pair
    assert await agent.add(ssh_agent, key, certificate, 600)
    listed = await run("env", f"SSH_AUTH_SOCK={ssh_agent}", "ssh-add", "-l")
    assert b"ED25519-CERT" in listed.out
    assert await agent.holds(ssh_agent, signed)
    assert await agent.remove(ssh_agent, agent.identities(public, signed))
    listed = await run("env", f"SSH_AUTH_SOCK={ssh_agent}", "ssh-add", "-l")
    assert b"no identities" in listed.out
    assert not await agent.holds(ssh_agent, signed)


async def test_only_what_is_named_is_taken_out(ssh_agent, pair, tmp_path):
    """Keys of the person that are not ours stay."""
    key, certificate, public, signed = pair
    other = asyncssh.generate_private_key("ssh-ed25519")
    async with asyncssh.connect_agent(ssh_agent) as opened:
        await opened.add_keys([other])
    await agent.add(ssh_agent, key, certificate, 600)
    await agent.remove(ssh_agent, agent.identities(public, signed, tmp_path / "absent.pub"))
    async with asyncssh.connect_agent(ssh_agent) as opened:
        assert [pair.public_data for pair in await opened.get_keys()] == [other.public_data]


async def test_removing_what_is_not_there_says_so(ssh_agent, pair):
    """No key, no file, no agent: False."""
    _, _, public, signed = pair
    assert not await agent.remove(ssh_agent, agent.identities(public, signed))
    assert not await agent.remove(ssh_agent, frozenset())
    assert not await agent.remove("", agent.identities(public))


@pytest.mark.parametrize("socket", ["", "/nonexistent/agent", "/dev/null", "/" + "x" * 200])
async def test_without_an_agent_nothing_happens(socket, pair):
    """The caller learns that no agent has the key."""
    key, certificate, public, signed = pair
    assert not await agent.add(socket, key, certificate, 600)
    assert not await agent.remove(socket, agent.identities(public))
    assert not await agent.holds(socket, signed)


@pytest.mark.parametrize(
    "answer", [b"", b"\x00\x00\x00\x01\x05", b"\x00\x00\x00\x05\x0c\xff\xff\xff\xff"]
)
async def test_an_agent_that_answers_rubbish_is_a_sentence(odd_agent, pair, answer):
    """Adding and removing fail in words; asking says that it has nothing."""
    key, certificate, public, signed = pair
    socket = await odd_agent(answer)
    with pytest.raises(ClientError, match="ssh-agent did not take the key"):
        await agent.add(socket, key, certificate, 600)
    with pytest.raises(ClientError, match="ssh-agent did not let go"):
        await agent.remove(socket, agent.identities(public))
    assert not await agent.holds(socket, signed)


async def test_an_agent_that_never_answers_does_not_hold_us_up(odd_agent, pair, monkeypatch):
    """A forwarded agent whose other end is gone is such a one."""
    monkeypatch.setattr(agent, "_ANSWER_SECONDS", 0.1)
    key, certificate, _, signed = pair
    socket = await odd_agent(None)
    assert not await agent.holds(socket, signed)
    with pytest.raises(ClientError, match="no answer"):
        await agent.add(socket, key, certificate, 600)


def test_files_that_are_no_keys_have_no_identity(tmp_path, pair):
    """Rubbish in the folder is the same as nothing."""
    for name, content in (("a.pub", b"\xff\x00"), ("b-cert.pub", b"ssh-ed25519 AAAA")):
        (tmp_path / name).write_bytes(content)
    assert agent.identities(tmp_path / "a.pub", tmp_path / "b-cert.pub") == frozenset()
    assert agent.identities(pair[2]) == {pair[0].public_data}
