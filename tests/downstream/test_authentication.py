"""What is said of a refused login, and what an outside CA can say."""

import asyncssh
import pytest

from bastion.ca.certificate import Wanted, sign_user
from bastion.ca.evidence import Statement
from bastion.ca.keyring import Keyring
from bastion.ca.keys import public_line
from bastion.ca.ring import Era, Ring
from bastion.ca.signatories import OURS, Signatories, Signatory
from bastion.config.ca import Outside
from bastion.downstream.authentication import Examiner, identify, refused
from bastion.errors import ConfigError
from bastion.identity import Evidence

CA, OTHER, KEY = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))
SAID = Statement("https://idp.test", Evidence(5, "gold"))


def certificate(clock, **options):
    now = int(clock.now())
    wanted = Wanted("sub-1", 7, ("alice",), now - 60, now + 600)
    return sign_user(CA, KEY, wanted, groups=["g"], statement=SAID, allow_pty=True, **options)


@pytest.mark.parametrize("name", ["ro\x1b[2Kot", "a\u202eb", "a\nb", "x" * 5000])
def test_what_the_log_is_told_can_be_shown(name, clock):
    """The user name is the client's to choose."""
    told = refused("why", name, certificate(clock))
    assert told.username.isprintable()
    assert len(told.username) <= 200
    assert (told.key_id, told.serial) == ("sub-1", 7)
    assert told.fingerprint == KEY.get_fingerprint()
    assert refused("a\x07", "b").cause.isprintable()


def test_our_own_ca_is_believed(clock):
    """Groups, issuer and evidence of the certificate."""
    known = identify(certificate(clock), "192.0.2.1", OURS)
    assert (known.subject, known.account, known.groups) == ("sub-1", "alice", {"g"})
    assert (known.issuer, known.evidence.acr) == ("https://idp.test", "gold")


@pytest.mark.parametrize(("allowed", "groups"), [(False, {"p"}), (True, {"p", "g"})])
def test_an_outside_ca_speaks_for_its_own_people(clock, allowed, groups):
    """Its name stands in front; evidence never counts, groups where they are allowed."""
    signatory = Signatory("partner", 3600, frozenset({"p"}), allowed)
    known = identify(certificate(clock), "192.0.2.1", signatory)
    assert (known.subject, known.account) == ("partner:sub-1", "partner:alice")
    assert known.groups == groups
    assert (known.issuer, known.evidence) == ("", Evidence())


def test_a_rotated_ca_counts_until_its_time(clock):
    """Time alone ends it; nobody has to be told."""
    until = clock.now() + 100
    eras = (Era("a", public_line(CA), until=until), Era("b", public_line(OTHER), clock.now()))
    signatories = Signatories(Keyring(Ring(eras), {}))
    examiner = Examiner(signatories, clock, max_seconds=3600)
    assert examiner.examine(certificate(clock), "alice", "192.0.2.1") == OURS
    clock.advance(100)
    answer = examiner.examine(certificate(clock), "alice", "192.0.2.1")
    assert answer == "no CA that is accepted has signed it"


def test_an_ended_ca_of_ours_does_not_come_back_as_an_outsider(clock):
    """Not even where somebody lists its key."""
    eras = (Era("a", public_line(CA), until=1.0), Era("b", public_line(OTHER), 1.0))
    outside = Outside(name="old", public_key=public_line(CA))
    signatories = Signatories(Keyring(Ring(eras), {}), [outside])
    assert signatories.find(CA.convert_to_public(), clock.now()) is None


@pytest.mark.parametrize("address", ["192.0.2.9", "::ffff:192.0.2.9", "", "unix"])
def test_a_pinned_certificate_is_good_from_its_address_alone(clock, address):
    """An address that cannot be read is no address."""
    pinned = certificate(clock, source_addresses=["192.0.2.0/24"])
    examiner = Examiner(Signatories(Keyring.of(CA)), clock, max_seconds=3600)
    is_good = examiner.examine(pinned, "alice", address) == OURS
    assert is_good is (address == "192.0.2.9")  # the connection has unmapped it


@pytest.mark.parametrize(
    "tables",
    [
        [("a", "no key")],
        [("a", asyncssh.generate_private_key("ssh-rsa", key_size=2048))],
        [("a", OTHER), ("b", OTHER)],
    ],
)
def test_outside_cas_that_cannot_be_meant_stop_the_start(tables):
    """No key, a weak key, one key twice."""
    outside = [
        Outside(name=name, public_key=key if isinstance(key, str) else public_line(key))
        for name, key in tables
    ]
    with pytest.raises(ConfigError, match=r"ca\.outside"):
        Signatories(Keyring.of(CA), outside)


@pytest.mark.parametrize(
    ("networks", "is_pinned"),
    [
        ((), False),
        (("192.0.2.1/32",), True),
        (("192.0.2.0/24", "2001:db8::/32"), True),
        (("198.51.100.1/32",), False),
        (("0.0.0.0/0",), False),
        (("192.0.2.1/32", "::/0"), False),
    ],
)
def test_a_certificate_for_certain_addresses_is_told_apart(clock, networks, is_pinned):
    """What is good from everywhere is bound to nothing, though it names a network."""
    known = identify(certificate(clock, source_addresses=networks), "192.0.2.1", OURS)
    assert known.is_pinned is is_pinned
