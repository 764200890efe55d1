"""Certificates as the real ssh-keygen reads them, and our extension there and back."""

import asyncssh
import pytest

from bastion.ca.certificate import GROUPS, Wanted, facts, sign_host, sign_user
from tests.servers.deployment import run

CA = asyncssh.generate_private_key("ssh-ed25519")
KEY = asyncssh.generate_private_key("ssh-ed25519")
WANTED = Wanted("auth0|123", 42, ("alice",), 1_800_000_000, 1_800_003_600)


async def listed(certificate, tmp_path):
    """What `ssh-keygen -L` says."""
    certificate.write_certificate(tmp_path / "k-cert.pub")
    ran = await run("env", "TZ=UTC", "ssh-keygen", "-L", "-f", str(tmp_path / "k-cert.pub"))
    assert ran.status == 0, ran.err
    return ran.out.decode()


def section(text, name, following):
    """The lines of one part of `ssh-keygen -L`."""
    part = text.split(f"{name}:")[1]
    return [line.strip() for line in (part.split(following)[0] if following else part).split("\n")]


async def test_ssh_keygen_reads_what_was_wanted(tmp_path):
    """Name, serial, principals and times; a terminal and groups, nothing else."""
    signed = sign_user(CA, KEY, WANTED, groups=["b", "a"], allow_pty=True)
    text = await listed(signed, tmp_path)
    assert "user certificate" in text
    assert 'Key ID: "auth0|123"' in text
    assert "Serial: 42" in text
    assert "Valid: from 2027-01-15T08:00:00 to 2027-01-15T09:00:00" in text
    assert [line for line in section(text, "Principals", "Critical") if line] == ["alice"]
    assert "Critical Options: (none)" in text
    extensions = [line.split()[0] for line in section(text, "Extensions", None) if line]
    assert sorted(extensions) == [GROUPS, "permit-pty"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"allow_pty": False}, []),
        ({"allow_pty": True}, ["permit-pty"]),
        ({"allow_pty": False, "allow_jump": True}, ["permit-port-forwarding"]),
    ],
)
async def test_nothing_is_permitted_but_what_is_asked_for(tmp_path, options, expected):
    """No agent forwarding, no X11, no user rc: asyncssh's defaults permit them all."""
    text = await listed(sign_user(CA, KEY, WANTED, **options), tmp_path)
    lines = [line.split()[0] for line in section(text, "Extensions", None) if line]
    assert [line for line in lines if line not in {GROUPS, "(none)"}] == expected


async def test_a_source_address_is_critical(tmp_path):
    """Whoever cannot check it must refuse the certificate."""
    signed = sign_user(CA, KEY, WANTED, allow_pty=True, source_addresses=["192.0.2.0/24"])
    text = await listed(signed, tmp_path)
    assert "source-address 192.0.2.0/24" in section(text, "Critical Options", "Extensions")


async def test_a_host_certificate_names_the_host(tmp_path):
    """Its kind is another, so that it opens nothing."""
    text = await listed(sign_host(CA, KEY, WANTED), tmp_path)
    assert "host certificate" in text
    assert "alice" in text


@pytest.mark.parametrize(
    "groups", [[], ["engineers"], ["GPU admins", "é", "a.b/c"], [f"group-{n}" for n in range(500)]]
)
def test_groups_come_back_as_they_were(groups):
    """Through the wire format, any number, any letters."""
    signed = sign_user(CA, KEY, WANTED, groups=groups, allow_pty=True)
    read = asyncssh.import_certificate(signed.export_certificate())
    stated = facts(read)
    assert stated.groups == frozenset(groups)
    assert (stated.key_id, stated.serial) == ("auth0|123", 42)
    assert (stated.valid_after, stated.valid_before) == (1_800_000_000, 1_800_003_600)


def test_a_group_that_would_read_as_two_is_refused():
    """A comma separates names in the extension."""
    with pytest.raises(ValueError, match="comma"):
        sign_user(CA, KEY, WANTED, groups=["a,admins"], allow_pty=True)


@pytest.mark.parametrize(
    "sign", [lambda w: sign_user(CA, KEY, w, allow_pty=True), lambda w: sign_host(CA, KEY, w)]
)
def test_a_certificate_for_anybody_is_never_made(sign):
    """No principals would mean every account."""
    with pytest.raises(ValueError, match="any account"):
        sign(Wanted("k", 1, (), 0, 1))


@pytest.mark.parametrize("algorithm", ["ssh-rsa", "ecdsa-sha2-nistp256"])
async def test_other_kinds_of_keys_are_certified(tmp_path, algorithm):
    """People bring their own keys."""
    key = asyncssh.generate_private_key(algorithm)
    text = await listed(sign_user(CA, key, WANTED, allow_pty=True), tmp_path)
    assert "(using ssh-ed25519)" in text
