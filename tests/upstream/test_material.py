"""What operators hand in, checked before it is sealed."""

import asyncssh
import pytest

from bastion.errors import ClientError
from bastion.upstream.material import given_key, given_password, needs_passphrase, new_key

KEY = asyncssh.generate_private_key("ssh-ed25519")


def test_a_new_key_shows_its_public_half_only():
    """With the name as comment, so that authorized_keys says where it comes from."""
    made = new_key("bastion-box")
    key = asyncssh.import_private_key(made.secret)
    assert made.fingerprint == key.get_fingerprint()
    assert made.public == f"{' '.join(key.export_public_key().decode().split()[:2])} bastion-box"
    assert "PRIVATE" not in repr(made)
    assert new_key("x").fingerprint != made.fingerprint


@pytest.mark.parametrize("style", ["openssh", "pkcs8-pem"])
def test_a_given_key_is_kept_without_its_passphrase(style):
    """Nobody is there to type it when a host asks."""
    plain, locked = KEY.export_private_key(style), KEY.export_private_key(style, "secret")
    assert not needs_passphrase(plain)
    assert needs_passphrase(locked)
    for given in (given_key(plain, "c"), given_key(locked, "c", "secret")):
        assert given.fingerprint == KEY.get_fingerprint()
        assert not needs_passphrase(given.secret)


@pytest.mark.parametrize(
    ("data", "passphrase", "words"),
    [
        (KEY.export_private_key("openssh", "secret"), "wrong", "passphrase"),
        (KEY.export_private_key("openssh", "secret"), None, "passphrase"),
        (b"hello", None, "no private key"),
        (b"", None, "no private key"),
        (KEY.export_public_key(), None, "no private key"),
        (
            asyncssh.generate_private_key("ssh-rsa", key_size=1024).export_private_key(),
            None,
            "2048",
        ),
    ],
    ids=["wrong passphrase", "no passphrase", "text", "nothing", "public", "small"],
)
def test_what_is_no_good_key_is_a_sentence(data, passphrase, words):
    """Which says nothing of what was in it."""
    with pytest.raises(ClientError, match=words) as caught:
        given_key(data, "c", passphrase)
    assert "hello" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "password"),
    [(b"x", "x"), (b"x\n", "x"), (b"x\r\n", "x"), (b" x ", " x "), ("pä ß".encode(), "pä ß")],
)
def test_a_password_is_the_line(data, password):
    """An editor's newline is not part of it; blanks are."""
    given = given_password(data)
    assert given.secret.decode() == password
    assert (given.public, given.fingerprint) == ("", "")
    assert "secret" not in repr(given)


@pytest.mark.parametrize("data", [b"", b"\n", b"a\nb", b"a\x00", b"\xff\xfe", b"x" * 1025])
def test_what_is_no_password(data):
    """Nothing, several lines, control characters, bytes that are no text, a whole file."""
    with pytest.raises(ClientError, match="password"):
        given_password(data)
