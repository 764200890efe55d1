"""What still works once a certificate has ended, and what does not."""

import asyncio
import time

import asyncssh
import pytest

from bastion.ca import keys
from bastion.ca.certificate import Wanted, sign_user
from tests.servers.deployment import deployed
from tests.servers.plain_ssh import plain_ssh
from tests.servers.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = asyncssh.generate_private_key("ssh-ed25519")


async def test_an_ended_certificate_opens_nothing_new(deployment):
    """A connection that is shared outlives its certificate; it opens no further session."""
    now, ca = int(time.time()), keys.load(deployment.state.user_ca)
    wanted = Wanted("sub-engineer", 1, ("engineer",), now - 60, now + 6)
    certificate = sign_user(ca, KEY, wanted, groups=["engineers"], allow_pty=True, allow_jump=True)
    connecting = plain_ssh(deployment.ssh_port, client_keys=[(KEY, certificate)])
    async with connecting as connection:
        await until(lambda: time.time() > wanted.valid_before)
        with pytest.raises(asyncssh.ChannelOpenError, match="certificate has ended"):
            await connection.open_connection("gpu-01", 22)
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


async def test_a_session_outlives_its_certificate_by_default(deployment):
    """A certificate's life is not a session's life."""
    end = int(time.time()) + 6
    key = deployment.certify("engineer", valid_before=end)
    process = await asyncio.create_subprocess_exec(
        *("ssh", *deployment.options(key), "gpu-01", "cat"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"before\n")
    assert await process.stdout.readline() == b"before\n"
    await until(lambda: time.time() > end + 1)
    process.stdin.write(b"after\n")
    assert await process.stdout.readline() == b"after\n"
    process.stdin.close()
    assert await process.wait() == 0
