"""Certificates that must not get in, each with the line that it leaves in the audit log.

The real ssh client where it sends such a thing at all; else a client that sends anything.
docs/attacks.md lists them.
"""

import shutil
import time

import asyncssh
import pytest
from asyncssh.packet import String

from bastion.ca import keys
from bastion.ca.certificate import Wanted, sign_user
from tests.servers.deployment import run
from tests.servers.forgery import Offer, accepted, forge, groups, log_in, option, refused
from tests.servers.plain_ssh import plain_ssh
from tests.servers.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = int(time.time())
TIMES = {"valid_after": NOW - 60, "valid_before": NOW + 3600}
KEY = asyncssh.generate_private_key("ssh-ed25519")
RSA = asyncssh.generate_private_key("ssh-rsa", key_size=3072)
SMALL = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
STRANGER = asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture
def ca(deployment):
    return keys.load(deployment.state.user_ca)


async def test_the_same_without_the_attack_gets_in(deployment, ca):
    """So each refusal below has its own reason."""
    assert not await log_in(deployment.ssh_port, Offer(KEY, forge(ca, KEY, **TIMES)))
    await accepted(deployment, "sub-engineer")


FORGED = {
    "expired": ({"valid_after": NOW - 7200, "valid_before": NOW - 3600}, "it has expired"),
    "not-yet-valid": (
        {"valid_after": NOW + 3600, "valid_before": NOW + 7200},
        "it is not valid yet",
    ),
    "lives-too-long": ({"valid_before": NOW + 10 * 86400}, "it lives longer than allowed"),
    "lives-for-ever": (
        {"valid_after": 0, "valid_before": 2**64 - 1},
        "it lives longer than allowed",
    ),
    "ends-before-it-begins": (
        {"valid_after": NOW + 3600, "valid_before": NOW - 60},
        "it is not valid yet",
    ),
    "no-principals": ({"principals": ()}, "it names no principals"),
    "empty-principal": ({"principals": ("engineer", "")}, "its principals are odd"),
    "duplicate-principals": (
        {"principals": ("engineer", "engineer")},
        "its principals are odd",
    ),
    "principal-is-a-list": ({"principals": ("engineer", "root,admin")}, "its principals are odd"),
    "principal-is-an-option": (
        {"principals": ("engineer", "-oProxyCommand=id")},
        "its principals are odd",
    ),
    "principal-with-a-space": ({"principals": ("engineer", "a b")}, "its principals are odd"),
    "wrong-principal": (
        {"principals": ("somebody",)},
        "the user name is not among its principals",
    ),
    "wildcard-principal": ({"principals": ("*",)}, "the user name is not among its principals"),
    "hidden-principal": (
        {"principals": ("engineer", "a\x1b[2Jb")},
        "it holds names that cannot be shown",
    ),
    "principal-not-utf8": ({"principals": (b"\xff\xfe",)}, "Invalid characters in principal name"),
    "key-id-empty": ({"key_id": ""}, "it names nobody"),
    "key-id-hidden": ({"key_id": "root\x1b[2K"}, "it holds names that cannot be shown"),
    "key-id-reversed": ({"key_id": "\u202etoor"}, "it holds names that cannot be shown"),
    "key-id-not-utf8": ({"key_id": b"\xff"}, "Invalid characters in key ID"),
    "key-id-too-long": ({"key_id": "a" * 600}, "it holds names that are too long"),
    "groups-hidden": ({"extensions": groups("a\x07")}, "it holds names that cannot be shown"),
    "groups-not-utf8": (
        {"extensions": option("groups@bastion", String(b"\xff"))},
        "groups@bastion is not UTF-8",
    ),
    "groups-cut-off": (
        {"extensions": option("groups@bastion", b"\x00\x00\x00\x09admins")},
        "Incomplete packet",
    ),
    "groups-with-more-behind": (
        {"extensions": option("groups@bastion", String("a") + b"x")},
        "Unexpected data at end of packet",
    ),
    "evidence-is-no-json": (
        {"extensions": option("evidence@bastion", String("{"))},
        "evidence@bastion cannot be read",
    ),
    "host-certificate": ({"kind": 2}, "it is a host certificate"),
    "unknown-kind": ({"kind": 3}, "Unknown certificate type"),
    "force-command": (
        {"critical": option("force-command", String("id"))},
        "it forces a command",
    ),
    "unknown-critical-option": (
        {"critical": option("new@example.com")},
        "Unrecognized critical option: new@example.com",
    ),
    "groups-as-critical-option": (
        {"critical": groups("admins")},
        "Unrecognized critical option: groups@bastion",
    ),
    "verify-required": (
        {"critical": option("verify-required")},
        "Unrecognized critical option: verify-required",
    ),
    "source-address-elsewhere": (
        {"critical": option("source-address", String("192.0.2.0/24,2001:db8::/32"))},
        "its source-address is another one",
    ),
    "source-address-empty": (
        {"critical": option("source-address", String(""))},
        "its source-address is another one",
    ),
    "source-address-odd": (
        {"critical": option("source-address", String("everywhere"))},
        "Invalid source address",
    ),
}


@pytest.mark.parametrize("attack", FORGED)
async def test_a_certificate_of_ours_that_is_wrong(deployment, ca, attack):
    """Truly signed by the user CA, and yet refused: the CA may make mistakes, or be misused."""
    changes, cause = FORGED[attack]
    entry = await refused(deployment, Offer(KEY, forge(ca, KEY, **(TIMES | changes))))
    assert cause in entry.detail["cause"]
    assert entry.subject == ""  # nobody has proven anything
    assert entry.detail["username"] == "engineer"


@pytest.mark.parametrize("name", ["host_ca", "access_ca"])
async def test_a_certificate_of_another_ca_of_ours(deployment, name):
    """What opens hosts, or names them, does not open the bastion."""
    other = keys.load(getattr(deployment.state, name))
    entry = await refused(deployment, Offer(KEY, forge(other, KEY, **TIMES)))
    assert entry.detail["cause"] == "no CA that is accepted has signed it"


async def test_a_certificate_of_a_stranger(deployment):
    """It says whatever it likes; the log says that it is only claimed."""
    forged = forge(STRANGER, KEY, **TIMES, key_id="sub-admin")
    entry = await refused(deployment, Offer(KEY, forged))
    assert entry.detail["cause"] == "no CA that is accepted has signed it"
    assert entry.detail["claimed"] == "sub-admin"
    assert entry.detail["fingerprint"] == KEY.get_fingerprint()


async def test_a_certificate_that_certifies_itself(deployment):
    """The key is its own CA."""
    entry = await refused(deployment, Offer(KEY, forge(KEY, KEY, **TIMES)))
    assert entry.detail["cause"] == "no CA that is accepted has signed it"


async def test_a_strangers_signature_under_our_ca(deployment, ca):
    """It names our CA, but the stranger signed."""
    forged = forge(STRANGER, KEY, **TIMES, ca_key=ca.public_data)
    entry = await refused(deployment, Offer(KEY, forged))
    assert entry.detail["cause"] == "Invalid certificate signature"


@pytest.mark.parametrize("at", [40, -120, -1])
async def test_a_changed_byte(deployment, ca, at):
    """In the nonce, near the CA's key, in the signature."""
    data = bytearray(forge(ca, KEY, **TIMES))
    data[at] ^= 1
    entry = await refused(deployment, Offer(KEY, bytes(data)))
    assert entry.detail["cause"]


async def test_a_cut_off_certificate(deployment, ca):
    """Half of one."""
    data = forge(ca, KEY, **TIMES)
    entry = await refused(deployment, Offer(KEY, data[: len(data) // 2]))
    assert "packet" in entry.detail["cause"]


async def test_a_certificate_as_ca(deployment, ca):
    """A certified key must not certify others: no chains."""
    inner = forge(ca, STRANGER, **TIMES)
    entry = await refused(deployment, Offer(KEY, forge(STRANGER, KEY, **TIMES, ca_key=inner)))
    assert entry.detail["cause"] == "its CA key is itself a certificate"


async def test_a_users_signature_by_sha1(deployment, ca):
    """The certificate is good, the key strong, the proof is not."""
    data = forge(ca, RSA, **TIMES)
    assert not await log_in(deployment.ssh_port, Offer(RSA, data))
    entry = await refused(deployment, Offer(RSA, data, signs_by=b"ssh-rsa"))
    assert entry.detail["cause"] == "its signature algorithm is too weak"


async def test_a_small_rsa_key(deployment, ca):
    """2048 bits are too few, whoever certified them."""
    entry = await refused(deployment, Offer(SMALL, forge(ca, SMALL, **TIMES)))
    assert entry.detail["cause"] == "its key is too weak"


async def test_a_curve_that_is_not_accepted(deployment, ca):
    """NIST P-521: strong enough, but nobody asked for it."""
    key = asyncssh.generate_private_key("ecdsa-sha2-nistp521")
    entry = await refused(deployment, Offer(key, forge(ca, key, **TIMES)))
    assert entry.detail["cause"] == "its key is too weak"


async def test_the_wrong_key_for_a_certificate(deployment, ca):
    """Somebody else's certificate, signed for by a key of one's own."""
    data = forge(ca, KEY, **TIMES, key_id="sub-victim")
    entry = await refused(
        deployment, Offer(STRANGER, data, algorithm=b"ssh-ed25519-cert-v01@openssh.com")
    )
    assert entry.detail["cause"] == "the signature is not of its key"
    assert entry.detail["claimed"] == "sub-victim"


async def test_a_login_as_somebody_else(deployment, ca):
    """A user name that the certificate does not hold."""
    entry = await refused(deployment, Offer(KEY, forge(ca, KEY, **TIMES)), "root")
    assert entry.detail["cause"] == "the user name is not among its principals"
    assert entry.detail["username"] == "root"


async def test_an_unsigned_probe_makes_nobody_of_anybody(deployment):
    """A victim's certificate is public: offering it, then proving another, is the other one."""
    victim = deployment.certify("engineer", key_id="sub-victim")
    own = deployment.certify("engineer", key_id="sub-own")
    locked = victim.with_name("locked")
    shutil.copy(victim, locked)
    shutil.copy(f"{victim}-cert.pub", f"{locked}-cert.pub")
    shutil.copy(f"{victim}.pub", f"{locked}.pub")
    await run("ssh-keygen", "-q", "-p", "-P", "", "-N", "not known", "-f", str(locked))
    before = len(deployment.audited("login-accepted"))
    ran = await deployment.ssh(
        *("-v", "-i", str(locked), "-i", str(own), "-o", "IdentitiesOnly=yes"),
        *("-o", "NumberOfPasswordPrompts=0", "bastion", "true"),
        key=locked,
    )
    assert b"Server accepts key: " in ran.err
    await until(lambda: len(deployment.audited("login-accepted")) > before)
    assert [e.subject for e in deployment.audited("login-accepted")[before:]] == ["sub-own"]


async def test_source_address_counts_through_a_jump(deployment, ca):
    """`ssh -J`: the address is that of the outer connection, not of the channel."""
    for network, works in (("127.0.0.0/8", True), ("192.0.2.0/24", False)):
        wanted = Wanted("sub-engineer", 1, ("engineer",), NOW - 60, NOW + 3600)
        certificate = sign_user(
            ca,
            KEY,
            wanted,
            groups=["engineers"],
            allow_pty=True,
            allow_jump=True,
            source_addresses=[network],
        )
        key = deployment.write_key(KEY, certificate, "pinned")
        ran = await deployment.ssh("gpu-01", "echo in", key=key)
        assert (ran.out == b"in\n") is works, ran.err
    assert deployment.audited("login-refused")[-1].detail["cause"] == (
        "its source-address is another one"
    )


async def test_a_certificate_without_a_jump_cannot_jump(deployment, ca):
    """permit-port-forwarding is what a jump needs."""
    wanted = Wanted("sub-engineer", 1, ("engineer",), NOW - 60, NOW + 3600)
    certificate = sign_user(ca, KEY, wanted, groups=["engineers"], allow_pty=True)
    key = deployment.write_key(KEY, certificate, "nojump")
    ran = await deployment.ssh("gpu-01", "echo in", key=key)
    assert ran.out == b""
    assert b"administratively prohibited" in ran.err


async def test_many_refusals_of_one_connection_leave_few_lines(deployment, ca):
    """Somebody who is nobody yet cannot fill the log."""
    before = len(deployment.audited("login-refused"))
    changes = [FORGED[name][0] for name in ("expired", "no-principals", "key-id-empty")]
    changes += [FORGED[name][0] for name in ("force-command", "host-certificate")]
    offers = [Offer(KEY, forge(ca, KEY, **(TIMES | change))) for change in changes]
    with pytest.raises(asyncssh.PermissionDenied):
        await plain_ssh(deployment.ssh_port, client_keys=[*offers, *offers])
    causes = [e.detail["cause"] for e in deployment.audited("login-refused")[before:]]
    assert causes == ["it has expired", "it names no principals", "it names nobody"]
