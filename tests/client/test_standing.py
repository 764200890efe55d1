"""What the folder says about a login, and how it is forgotten."""

import json
import time

import asyncssh
import pytest

from bastion.ca.certificate import Wanted, sign_user
from bastion.client.standing import log_out, recall, standing
from bastion.errors import ClientError
from tests.client.conftest import listing
from tests.servers.deployment import run


async def test_a_login_is_remembered(api, folder):
    """URL, account and what the bastion told; the facts are those of the certificate."""
    done = await api.log_in(folder, browser=True)
    memory = recall(folder)
    assert (memory.url, memory.account) == (api.url, "engineer")
    assert memory.about.ssh.name == "bastion"
    found = await standing(folder, "")
    assert (found.account, found.groups, found.where) == ("engineer", ("engineers",), "file")
    assert found.valid_before == done.granted.valid_before
    assert found.subject == done.granted.subject


async def test_where_the_key_is(api, folder, ssh_agent):
    """In the agent while that holds it; missing once it forgot."""
    await api.log_in(folder, browser=True, agent=ssh_agent)
    assert (await standing(folder, ssh_agent)).where == "agent"
    assert (await standing(folder, "")).where == "missing"
    await run("env", f"SSH_AUTH_SOCK={ssh_agent}", "ssh-add", "-D")
    assert (await standing(folder, ssh_agent)).where == "missing"


async def test_logging_out_forgets_the_key_everywhere(api, folder, ssh_agent):
    """In the agent and in files; what is needed for the next login stays."""
    await api.log_in(folder, browser=True, agent=ssh_agent)
    assert await log_out(folder, ssh_agent)
    assert await standing(folder, ssh_agent) is None
    left = await run("env", f"SSH_AUTH_SOCK={ssh_agent}", "ssh-add", "-L")
    assert left.status == 1
    assert set(listing(folder.root)) == {"client.json", "config", "known_hosts"}
    assert recall(folder).url == api.url
    assert not await log_out(folder, ssh_agent)


async def test_logging_out_removes_the_private_key(api, folder):
    """Without an agent it is a file."""
    await api.log_in(folder, browser=True)
    assert await log_out(folder, "")
    assert not folder.key.exists()


async def test_before_the_first_login_there_is_nothing(folder):
    """The sentence says what to run."""
    with pytest.raises(ClientError, match="run `bastion login --server URL`"):
        recall(folder)
    assert await standing(folder, "") is None
    assert not await log_out(folder, "")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"url": 1, "about": {}}', "[" * 100_000]
)
def test_a_memory_that_cannot_be_read_is_a_sentence(folder, text):
    """Whatever stands in client.json."""
    folder.make()
    folder.memory.write_text(text)
    with pytest.raises(ClientError, match=r"client\.json cannot be read; log in again"):
        recall(folder)


def test_a_memory_that_was_tampered_with_is_not_believed(folder, about):
    """It passes the same checks as the bastion's own answer."""
    folder.make()
    about["ssh"]["host"] = "x\n  ProxyCommand y"
    folder.memory.write_text(json.dumps({"url": "u", "account": "a", "about": about}))
    with pytest.raises(ClientError, match="cannot be read"):
        recall(folder)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\x00", b"ssh-ed25519-cert-v01@openssh.com AAAA", b"hello world"]
)
async def test_a_certificate_that_cannot_be_read_is_a_sentence(folder, content):
    """Rubbish in the file is not nobody."""
    folder.make()
    folder.certificate.write_bytes(content)
    with pytest.raises(ClientError, match="cannot be read; log in again"):
        await standing(folder, "")


async def test_a_certificate_alone_is_not_a_login(folder):
    """Without its key it is of no use, and `where` says so."""
    key, now = asyncssh.generate_private_key("ssh-ed25519"), int(time.time())
    wanted = Wanted("sub", 1, ("engineer",), now - 60, now + 600)
    folder.make()
    sign_user(key, key, wanted, allow_pty=True).write_certificate(folder.certificate)
    assert (await standing(folder, "")).where == "missing"
