"""Who gets which certificate, for how long, for which keys."""

import asyncssh
import pytest
from asyncssh.public_key import CERT_TYPE_HOST

from bastion.ca.certificate import Wanted, facts, sign_host
from bastion.ca.issue import (
    BACKDATE_SECONDS,
    AccessAuthority,
    HostAuthority,
    UserAuthority,
    new_serial,
)
from bastion.ca.keyring import Keyring
from bastion.ca.signer import Signing
from bastion.errors import SigningError, UpstreamError
from bastion.identity import Person
from bastion.refusal import Code, Refusal

CA = asyncssh.generate_private_key("ssh-ed25519")
PERSON = Person("sub-1", "alice", frozenset({"engineers", "admins"}), "https://idp.test")


def line(algorithm, **options):
    """The public line of a new key."""
    return asyncssh.generate_private_key(algorithm, **options).export_public_key().decode()


@pytest.fixture
def authority(clock):
    return UserAuthority(Keyring.of(CA), clock, lifetime_seconds=3600, allow_pty=True)


@pytest.mark.parametrize(
    ("algorithm", "options"),
    [("ssh-ed25519", {}), ("ecdsa-sha2-nistp256", {}), ("ssh-rsa", {"key_size": 3072})],
)
async def test_a_person_gets_what_they_are(authority, clock, algorithm, options):
    """Account as principal, subject as name, groups; from a little ago for the lifetime."""
    given = line(algorithm, **options)
    issued = await authority.certify(given, PERSON)
    certificate = asyncssh.import_certificate(issued.line)
    stated, now = facts(certificate), int(clock.now())
    key = asyncssh.import_public_key(given)
    assert certificate.key == key
    assert certificate.signing_key == CA.convert_to_public()
    assert list(certificate.principals) == ["alice"] == list(issued.principals)
    assert stated.key_id == "sub-1"
    assert stated.groups == PERSON.groups
    assert (stated.valid_after, stated.valid_before) == (now - BACKDATE_SECONDS, now + 3600)
    assert (issued.valid_after, issued.valid_before) == (stated.valid_after, stated.valid_before)
    assert (issued.serial, issued.fingerprint) == (stated.serial, key.get_fingerprint())


def _certificate():
    made = sign_host(CA, CA, Wanted("k", 1, ("x",), 0, 1))
    return made.export_certificate().decode()


@pytest.mark.parametrize(
    "given",
    [
        "",
        "rubbish",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        "\u2603",
        "\x00" * 100,
        "ssh-ed25519 " + "A" * 100_000,
        line("ssh-rsa", key_size=2048),
        line("ssh-dss"),
        line("ecdsa-sha2-nistp521"),
        line("ssh-ed448"),
        CA.export_private_key().decode(),
        _certificate(),
    ],
    ids=lambda value: value[:20].encode("ascii", "replace").decode().replace("\x00", "0"),
)
async def test_a_weak_or_odd_key_is_refused_as_a_value(authority, given):
    """Nothing raises, whatever the client sends."""
    refused = await authority.certify(given, PERSON)
    assert isinstance(refused, Refusal)
    assert refused.code == Code.KEY_REFUSED
    assert refused.cause


async def test_only_the_public_key_counts(authority):
    """The comment of the line does not come into the certificate; a second line is refused."""
    given = line("ssh-ed25519").strip() + " my comment"
    assert "my comment" not in (await authority.certify(given, PERSON)).line
    assert isinstance(await authority.certify(f"{given}\n{given}", PERSON), Refusal)


async def test_an_address_is_pinned_where_that_is_wanted(clock):
    """From the address that asked, and from no other; one that is not known is refused."""
    pinning = UserAuthority(
        Keyring.of(CA), clock, lifetime_seconds=60, allow_pty=True, pin_source_address=True
    )
    for address, network in (("192.0.2.7", "192.0.2.7/32"), ("2001:db8::1", "2001:db8::1/128")):
        issued = await pinning.certify(line("ssh-ed25519"), PERSON, address=address)
        options = asyncssh.import_certificate(issued.line).options
        assert [str(found) for found in options["source-address"]] == [network]
    refused = await pinning.certify(line("ssh-ed25519"), PERSON)
    assert isinstance(refused, Refusal)


async def test_a_ca_that_cannot_sign_is_a_refusal(clock):
    """The person is told to try later; the cause is for the log."""

    class Gone:
        public_key = CA.convert_to_public()

        async def sign(self, _data):
            raise SigningError("the token was pulled")

    keyring = Keyring.single(Signing(Gone()))
    people = UserAuthority(keyring, clock, lifetime_seconds=60, allow_pty=True)
    refused = await people.certify(line("ssh-ed25519"), PERSON)
    assert (refused.code, refused.cause) == (Code.CA_UNAVAILABLE, "the token was pulled")
    access = AccessAuthority(keyring, clock, seconds=60, source_addresses=[])
    with pytest.raises(UpstreamError, match="pulled"):
        await access.key_pair("root", "k")


async def test_a_signer_that_signs_something_else_is_noticed(clock):
    """What it makes is verified before anybody gets it."""

    class Odd:
        public_key = CA.convert_to_public()

        async def sign(self, _data):
            return CA.sign(b"something else", b"ssh-ed25519")

    people = UserAuthority(
        Keyring.single(Signing(Odd())), clock, lifetime_seconds=60, allow_pty=True
    )
    refused = await people.certify(line("ssh-ed25519"), PERSON)
    assert refused.code == Code.CA_UNAVAILABLE


def test_serials_are_random_and_fit():
    """63 bits, never 0, which means none."""
    serials = {new_serial() for _ in range(1000)}
    assert len(serials) == 1000
    assert all(0 < serial < 2**63 for serial in serials)


async def test_a_host_is_certified_for_one_name(clock):
    """The kind is host; the time is as asked."""
    certificate = await HostAuthority(Keyring.of(CA), clock).certify(CA, "bastion", seconds=60)
    assert list(certificate.principals) == ["bastion"]
    assert facts(certificate).valid_before == int(clock.now()) + 60
    assert certificate._cert_type == CERT_TYPE_HOST


async def test_each_key_that_opens_hosts_is_new(clock):
    """For one account, for two minutes, from one address; no jump, no groups."""
    authority = AccessAuthority(Keyring.of(CA), clock, seconds=120, source_addresses=["192.0.2.7"])
    key, certificate = await authority.key_pair("root", "alice session 1")
    other, _ = await authority.key_pair("root", "alice session 2")
    assert key.public_data != other.public_data
    assert certificate.key == key.convert_to_public()
    assert list(certificate.principals) == ["root"]
    assert facts(certificate).valid_before == int(clock.now()) + 120
    assert facts(certificate).key_id == "alice session 1"
    assert facts(certificate).groups == frozenset()
    assert [str(network) for network in certificate.options["source-address"]] == ["192.0.2.7/32"]
    assert not certificate.options.get("permit-port-forwarding")
