"""What a provider said goes into a certificate and comes back, and nothing else does."""

import asyncssh
import pytest
from asyncssh.packet import String

from bastion.ca import certificate as wire
from bastion.ca.certificate import EVIDENCE, Wanted, facts, sign_user
from bastion.ca.evidence import MAX_BYTES, Statement, decode, encode
from bastion.downstream.authentication import identify, weakness
from bastion.identity import Evidence

CA = asyncssh.generate_private_key("ssh-ed25519")
KEY = asyncssh.generate_private_key("ssh-ed25519")
WANTED = Wanted("auth0|123", 42, ("alice",), 1_800_000_000, 1_800_003_600)
FULL = Statement(
    "https://idp.test",
    Evidence(1_799_999_000, "gold", frozenset({"pwd", "otp"}), {"team": "ml", "é": "x,y"}),
)


def there_and_back(statement):
    signed = sign_user(CA, KEY, WANTED, groups=["b"], statement=statement, allow_pty=True)
    return asyncssh.import_certificate(signed.export_certificate())


@pytest.mark.parametrize(
    "statement",
    [
        FULL,
        Statement(),
        Statement("https://idp.test"),
        Statement(evidence=Evidence(acr="1")),
        Statement(evidence=Evidence(authenticated_at=5)),
    ],
)
def test_a_statement_comes_back_as_it_was(statement):
    """Through the wire format, also beside groups; into the identity."""
    read = there_and_back(statement)
    assert facts(read).statement == statement
    assert facts(read).groups == {"b"}
    identity = identify(read, "192.0.2.1")
    assert (identity.issuer, identity.evidence) == (statement.issuer, statement.evidence)


def test_an_empty_statement_takes_no_room():
    """A certificate without evidence looks as it did before there was any."""
    signed = sign_user(CA, KEY, WANTED, allow_pty=True)
    assert EVIDENCE.encode() not in signed.public_data


def test_the_json_is_always_the_same():
    """Members in order, lists sorted, no spaces: equal statements are equal bytes."""
    assert encode(FULL).decode() == (
        '{"acr":"gold","amr":["otp","pwd"],"auth_time":1799999000,'
        '"claims":{"team":"ml","é":"x,y"},"iss":"https://idp.test"}'
    )


HOSTILE = [
    b"",
    b"{",
    b"[]",
    b'"x"',
    b'{"auth_time":"5"}',
    b'{"auth_time":-1}',
    b'{"auth_time":true}',
    b'{"auth_time":1.5}',
    b'{"amr":"pwd"}',
    b'{"amr":[1]}',
    b'{"claims":{"a":["b"]}}',
    b'{"sub":"root"}',
    b'{"iss":"\xff"}',
    b"[" * 5000,
    b'{"acr":"' + b"a" * 3000 + b'"}',
    b'{"acr":"' + b"a" * MAX_BYTES + b'"}',
]


@pytest.mark.parametrize("said", HOSTILE)
def test_what_cannot_be_read_is_no_certificate(said, monkeypatch):
    """The whole certificate is refused, whoever signed it: nothing is guessed."""
    with pytest.raises(ValueError, match=r"too long|cannot be read"):
        decode(said)
    encoders = dict(wire._Certificate._user_extension_encoders)
    encoders[EVIDENCE] = lambda _: String(said)
    monkeypatch.setattr(wire._Certificate, "_user_extension_encoders", tuple(encoders.items()))
    signed = sign_user(CA, KEY, WANTED, statement=FULL, allow_pty=True)
    with pytest.raises(asyncssh.KeyImportError):
        asyncssh.import_certificate(signed.export_certificate())


def test_too_much_is_not_signed():
    """A claim as long as a book stops the login instead of being cut."""
    with pytest.raises(ValueError, match="too long"):
        there_and_back(Statement("x" * MAX_BYTES))


@pytest.mark.parametrize(
    "statement",
    [
        Statement("https://idp.test\x1b[2J"),
        Statement(evidence=Evidence(acr="a\u202eb")),
        Statement(evidence=Evidence(amr=frozenset({"a\n"}))),
        Statement(evidence=Evidence(claims={"a\x07": "b"})),
        Statement(evidence=Evidence(claims={"a": "b\x07"})),
    ],
)
def test_hidden_characters_are_refused(statement):
    """Every text in it may end up on a screen."""
    assert "cannot be shown" in weakness(there_and_back(statement), "alice", max_seconds=9999)
    assert weakness(there_and_back(FULL), "alice", max_seconds=9999) == ""
