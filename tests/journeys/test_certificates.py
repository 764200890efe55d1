"""Who gets in: certificates of every bad kind are refused, and passwords are not even asked for."""

import time

import asyncssh
import pytest
from asyncssh.public_key import CERT_TYPE_HOST

from bastion.ca import keys
from bastion.ca.certificate import Wanted, _Certificate, sign_host, sign_user
from tests.servers.deployment import run

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = int(time.time())
DENIED = b"Permission denied"


async def test_a_good_certificate_gets_in(deployment):
    """The same way with a good certificate works, so the refusals below have their own reasons."""
    ran = await deployment.ssh("gpu-01", "echo in", key=deployment.certify("engineer"))
    assert ran.out == b"in\n"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"valid_after": NOW - 7200, "valid_before": NOW - 3600}, id="expired"),
        pytest.param({"valid_after": NOW + 3600, "valid_before": NOW + 7200}, id="not yet valid"),
        pytest.param({"principals": ("somebody",)}, id="wrong principal"),
        pytest.param({"valid_before": NOW + 10 * 24 * 3600}, id="lives too long"),
        pytest.param({"valid_before": 2**64 - 1}, id="for ever"),
        pytest.param({"ca": asyncssh.generate_private_key("ssh-ed25519")}, id="foreign CA"),
    ],
)
async def test_a_bad_certificate_does_not_get_in(deployment, changes):
    """The client sees a denial and nothing else; nothing is opened."""
    ran = await deployment.ssh("gpu-01", "echo in", key=deployment.certify("engineer", **changes))
    assert (ran.status, ran.out) == (255, b"")
    assert DENIED in ran.err


async def test_a_certificate_without_principals_does_not_get_in(deployment):
    """To OpenSSH such a certificate is good for nobody; to some servers for everybody."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    ca = keys.load(deployment.state.user_ca)
    path = deployment.write_key(key, _sign_without_principals(ca, key), "nobody")
    ran = await deployment.ssh("gpu-01", "echo in", key=path)
    assert (ran.status, ran.out) == (255, b"")
    assert DENIED in ran.err


async def test_a_host_certificate_is_no_login(deployment):
    """Signed by the right CA, but for a host."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    ca = keys.load(deployment.state.user_ca)
    wanted = Wanted("x", 1, ("engineer",), NOW - 60, NOW + 600)
    certificate = sign_host(ca, key, wanted)
    assert certificate._cert_type == CERT_TYPE_HOST
    ran = await deployment.ssh("gpu-01", "echo in", key=deployment.write_key(key, certificate, "h"))
    assert ran.status == 255
    assert DENIED in ran.err


async def test_a_certificate_of_another_of_our_cas_does_not_get_in(deployment):
    """What opens hosts does not open the bastion."""
    for ca in (deployment.state.access_ca, deployment.state.host_ca):
        key = deployment.certify("engineer", ca=keys.load(ca))
        assert DENIED in (await deployment.ssh("gpu-01", "echo in", key=key)).err


async def test_a_certified_key_without_its_certificate_does_not_get_in(deployment):
    """The plain key of a certificate is worth nothing."""
    key = deployment.certify("engineer")
    key.with_name(f"{key.name}-cert.pub").unlink()
    assert DENIED in (await deployment.ssh("gpu-01", "echo in", key=key)).err


async def test_an_unknown_critical_option_is_refused(deployment):
    """What must be understood and is not, is refused."""
    key = deployment.folder / "ssh" / "critical"
    await run("ssh-keygen", "-qt", "ed25519", "-N", "", "-f", str(key))
    signing = ["-s", str(deployment.state.user_ca), "-I", "x", "-n", "engineer", "-V", "-1m:+1h"]
    await run("ssh-keygen", "-q", *signing, "-O", "critical:new@example.com=1", f"{key}.pub")
    assert DENIED in (await deployment.ssh("gpu-01", "echo in", key=key)).err


async def test_passwords_are_not_asked_for(deployment):
    """Public keys are the only method that is offered."""
    ran = await deployment.ssh(
        *("-o", "PubkeyAuthentication=no", "-o", "BatchMode=no"),
        *("-o", "PreferredAuthentications=password,keyboard-interactive"),
        *("bastion", "true"),
    )
    assert ran.status == 255
    assert b"Permission denied (publickey)" in ran.err


def _sign_without_principals(ca, key):
    """What `sign_user` refuses to make, made by its private half."""
    wanted = Wanted("x", 1, ("engineer",), NOW - 60, NOW + 600)
    good = sign_user(ca, key, wanted, allow_pty=True, allow_jump=True)
    return _Certificate.generate(
        *(ca, b"ssh-ed25519-cert-v01@openssh.com", key, 1, good._cert_type, "x", (), NOW - 60),
        *(NOW + 600, {}, b"ssh-ed25519", b"x"),
    )
