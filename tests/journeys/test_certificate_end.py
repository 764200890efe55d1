"""What still works once a certificate has ended, and what does not."""

import time

import asyncssh
import pytest

from bastion.ca import keys
from bastion.ca.certificate import Wanted, sign_user
from tests.servers.deployment import ACCOUNT, deployed
from tests.servers.plain_ssh import plain_ssh
from tests.servers.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = asyncssh.generate_private_key("ssh-ed25519")


async def test_an_ended_certificate_opens_nothing_new(deployment):
    """A shared connection outlives its certificate, as a session does; it opens no further one."""
    now, ca = int(time.time()), keys.load(deployment.state.user_ca)
    wanted = Wanted("sub-engineer", 1, ("engineer",), now - 60, now + 8)
    certificate = sign_user(ca, KEY, wanted, groups=["engineers"], allow_pty=True, allow_jump=True)
    mine = {"client_keys": [(KEY, certificate)]}
    async with (
        plain_ssh(deployment.ssh_port, **mine) as connection,
        plain_ssh(deployment.ssh_port, username=f"{ACCOUNT}@gpu-01", **mine) as host,
        host.create_process("cat") as session,
    ):
        session.stdin.write("before\n")
        assert await session.stdout.readline() == "before\n"
        await until(lambda: time.time() > wanted.valid_before)
        with pytest.raises(asyncssh.ChannelOpenError, match="certificate has ended"):
            await connection.open_connection("gpu-01", 22)
        session.stdin.write("after\n")
        assert await session.stdout.readline() == "after\n"
    denied = deployment.audited("access-denied")[-1]
    assert denied.detail["cause"] == "the certificate has ended"


async def test_a_connection_ends_with_its_certificate_where_that_is_wanted(tmp_path):
    """`certificates.end_sessions`: the session is cut, and says why."""
    settings = {"certificates": {"end_sessions": True}}
    async with deployed(tmp_path, settings=settings) as site:
        key = site.certify("engineer", valid_before=int(time.time()) + 8)
        ran = await site.ssh("gpu-01", "echo in; sleep 90", key=key)
        assert (ran.status, ran.out) == (255, b"in\n")
        assert b"your certificate has ended" in ran.err
