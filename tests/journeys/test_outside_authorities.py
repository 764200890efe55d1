"""Certificates of CAs that are not ours: what they open, what their words count for.

docs/attacks.md lists those that must not get in.
"""

import base64
import time

import asyncssh
import pytest
from asyncssh.packet import String

from bastion.ca import keys
from tests.servers.deployment import deployed
from tests.servers.forgery import Offer, accepted, forge, groups, log_in, option, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = int(time.time())
TIMES = {"valid_after": NOW - 60, "valid_before": NOW + 3600}
KEY = asyncssh.generate_private_key("ssh-ed25519")
PARTNER = asyncssh.generate_private_key("ssh-ed25519")
OLD_PARTNER = asyncssh.generate_private_key("ssh-rsa", key_size=3072)


@pytest.fixture(scope="module")
async def deployment(tmp_path_factory):
    """A bastion that also accepts two CAs of partners."""
    outside = [
        {
            "name": "partner",
            "public_key": keys.public_line(PARTNER),
            "max_seconds": 7200,
            "groups": ["partners"],
        },
        {"name": "old", "public_key": keys.public_line(OLD_PARTNER), "allow_groups": True},
    ]
    folder = tmp_path_factory.mktemp("deployment")
    async with deployed(folder, settings={"ca": {"outside": outside}}) as deployment:
        yield deployment


def _line(data: bytes) -> bytes:
    return b"ssh-ed25519-cert-v01@openssh.com " + base64.b64encode(data)


async def test_an_outside_ca_names_nobody_of_ours(deployment):
    """Key id and principal get its name in front; groups and evidence of its own do not count."""
    said = groups("engineers", "admins") + option("permit-pty")
    said = option("evidence@bastion", String('{"acr":"gold","iss":"https://idp.test"}')) + said
    data = forge(PARTNER, KEY, **TIMES, key_id="sub-engineer", extensions=said)
    assert not await log_in(deployment.ssh_port, Offer(KEY, data))
    await accepted(deployment, "partner:sub-engineer")
    data = forge(PARTNER, KEY, **TIMES, extensions=said + option("permit-port-forwarding"))
    key = deployment.write_key(KEY, asyncssh.import_certificate(_line(data)), "partner")
    ran = await deployment.ssh("gpu-01", "echo in", key=key)
    assert ran.out == b""  # engineers may, partners may not
    assert deployment.audited("access-denied")[-1].subject == "partner:sub-engineer"


async def test_groups_of_an_outside_ca_count_where_allowed(deployment):
    """The configuration says so for this one."""
    said = groups("engineers") + option("permit-port-forwarding")
    data = forge(OLD_PARTNER, KEY, **TIMES, extensions=said)
    key = deployment.write_key(KEY, asyncssh.import_certificate(_line(data)), "old")
    ran = await deployment.ssh("gpu-01", "echo in", key=key)
    assert ran.out == b"in\n", ran.err


async def test_any_serial_of_an_outside_ca_is_taken(deployment):
    """Others count in 64 bits; the audit log has it in full."""
    data = forge(PARTNER, KEY, **TIMES, serial=2**64 - 1)
    assert not await log_in(deployment.ssh_port, Offer(KEY, data))
    assert deployment.audited("login-accepted")[-1].detail["serial"] == 2**64 - 1


async def test_an_outside_certificate_that_lives_too_long(deployment):
    """Its own limit counts, not only the general one."""
    times = {"valid_after": NOW - 60, "valid_before": NOW + 3 * 3600}
    entry = await refused(deployment, Offer(KEY, forge(PARTNER, KEY, **times)))
    assert entry.detail["cause"] == "it lives longer than allowed"


async def test_a_ca_signature_by_sha1(deployment):
    """Also of a CA that is accepted."""
    good, bad = (
        forge(OLD_PARTNER, KEY, **TIMES, ca_algorithm=a) for a in (b"rsa-sha2-512", b"ssh-rsa")
    )
    assert not await log_in(deployment.ssh_port, Offer(KEY, good))
    entry = await refused(deployment, Offer(KEY, bad))
    assert entry.detail["cause"] == "its CA signed with a weak algorithm"
