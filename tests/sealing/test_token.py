"""A key in a PKCS#11 token: it wraps, and what is said when it cannot."""

import pytest

from bastion.config import Upstream
from bastion.errors import ConfigError, KeeperError
from bastion.sealing.token import TokenWrapping
from tests.servers.softhsm import PIN

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"token": "another"}, "'another'"),
        ({"key": "another"}, "'another' does not seal or open"),
        ({"key": "ca-rsa"}, "'ca-rsa' does not seal or open"),
        ({"module": "/nowhere/libpkcs11.so"}, "/nowhere/libpkcs11.so"),
    ],
)
async def test_a_token_that_is_away_is_a_sentence(in_token, tokens, changes, why):
    """It names the token or the key; nothing is sealed."""
    with pytest.raises(KeeperError, match=why):
        await TokenWrapping(in_token(**changes), tokens).wrap(KEY, b"x")


@pytest.mark.parametrize("pin", [b"0000-canary", b"\xff\xfe", b""])
async def test_a_wrong_pin_is_a_sentence_without_it(in_token, tokens, tmp_path, pin):
    """Whatever stands in the file; with the right one it works, without a restart."""
    wrapping = TokenWrapping(in_token(), tokens)
    (tmp_path / "pin").write_bytes(pin)
    with pytest.raises(
        (KeeperError, ConfigError), match=r"PinIncorrect|no text|is empty"
    ) as caught:
        await wrapping.wrap(KEY, b"x")
    assert "canary" not in str(caught.value)
    assert "xff" not in str(caught.value)
    (tmp_path / "pin").write_text(PIN)
    assert await wrapping.unwrap(await wrapping.wrap(KEY, b"x"), b"x") == KEY


async def test_another_key_of_the_token_does_not_unwrap(in_token, tokens):
    """Nor the same for another name; afterwards the token works on."""
    one = TokenWrapping(in_token(), tokens)
    wrapped = await one.wrap(KEY, b"x")
    with pytest.raises(KeeperError):
        await TokenWrapping(in_token(key="sealing-2"), tokens).unwrap(wrapped, b"x")
    with pytest.raises(KeeperError):
        await one.unwrap(wrapped, b"y")
    assert await one.unwrap(wrapped, b"x") == KEY


def test_a_pin_never_stands_in_the_configuration(in_token):
    """There is no key for it."""
    tree = in_token().model_dump() | {"pin": PIN}
    with pytest.raises(ValueError, match="pin"):
        Upstream.model_validate({"sealing": tree})
