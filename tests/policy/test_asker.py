"""Who asks is taken from the identity; addresses are read strictly."""

from ipaddress import ip_address

import pytest

from bastion.identity import Evidence, Identity
from bastion.policy.asker import asker_of, parse_address

WHO = Identity(
    *("sub", "ann", frozenset({"eng"}), 7, 2_000_000_000, "SHA256:x", "::ffff:192.0.2.9"),
    issuer="https://idp.example",
    evidence=Evidence(acr="gold"),
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.9", "192.0.2.9"),
        ("::ffff:192.0.2.9", "192.0.2.9"),
        ("::FFFF:c000:209", "192.0.2.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_is_read(text, address):
    """An IPv4 address is one, however it came."""
    assert parse_address(text) == ip_address(address)


@pytest.mark.parametrize(
    "text", ["", "localhost", "192.0.2.009", "192.0.2.9/32", "0x7f.1", "%eth0"]
)
def test_what_is_no_address_is_none(text):
    """It lies in no network."""
    assert parse_address(text) is None


def test_an_identity_asks():
    """With all that rules look at; the login's age counts at the moment, or at the one given."""
    asker = asker_of(WHO, 1000.0)
    assert (asker.subject, asker.account, asker.groups) == ("sub", "ann", {"eng"})
    assert (asker.issuer, asker.evidence.acr) == ("https://idp.example", "gold")
    assert str(asker.address) == "192.0.2.9"
    assert (asker.now, asker.fresh_at) == (1000.0, 1000.0)
    assert asker_of(WHO, 1000.0, 500.0).fresh_at == 500.0
