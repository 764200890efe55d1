"""A key in the transit engine of a real OpenBao."""

import pytest

from bastion.errors import ConfigError, KeeperError
from bastion.sealing.transit import TransitWrapping

KEY = bytes(range(32))


async def test_a_rotated_key_unwraps_what_it_wrapped_before(transit):
    """The engine keeps its versions; what is new names the new one."""
    wrapping = TransitWrapping(transit.settings())
    before = await wrapping.wrap(KEY, b"x")
    transit.bao.write("transit/keys/bastion/rotate")
    after = await wrapping.wrap(KEY, b"x")
    assert before.rpartition(b":")[0] != after.rpartition(b":")[0]
    for wrapped in (before, after):
        assert await wrapping.unwrap(wrapped, b"x") == KEY
        with pytest.raises(KeeperError):
            await wrapping.unwrap(wrapped, b"y")


async def test_a_token_without_the_right_opens_nothing(transit, tmp_path):
    """Taking it away ends every opening; a new one in the file is enough, without a restart."""
    wrapping = TransitWrapping(transit.settings())
    wrapped = await wrapping.wrap(KEY, b"x")
    (tmp_path / "bao-token").write_text("s.revoked-canary")
    with pytest.raises(KeeperError, match="answers 403") as caught:
        await wrapping.unwrap(wrapped, b"x")
    assert "revoked-canary" not in str(caught.value)
    (tmp_path / "bao-token").write_text(transit.bao.token)
    assert await wrapping.unwrap(wrapped, b"x") == KEY


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", None])
async def test_a_file_without_a_token_is_a_sentence(transit, tmp_path, content):
    """And shows nothing of what is in it."""
    wrapping = TransitWrapping(transit.settings())
    (tmp_path / "bao-token").unlink()
    if content is not None:
        (tmp_path / "bao-token").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        await wrapping.wrap(KEY, b"x")
    assert "xff" not in str(caught.value)


async def test_what_the_engine_never_made_is_refused(transit):
    """Any bytes that stand in a row."""
    for wrapped in (b"", b"vault:v1:AAAA", b"\xff" * 40, b"x" * 70_000):
        with pytest.raises(KeeperError):
            await TransitWrapping(transit.settings()).unwrap(wrapped, b"x")


def test_it_is_asked_by_tls_or_on_loopback(transit):
    """Nowhere else goes the token."""
    with pytest.raises(ValueError, match="https"):
        transit.settings(url="http://bao.example.com")
