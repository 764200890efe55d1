"""Every way of sealing keeps the same promises, and one can follow on another."""

import pytest

from bastion.config import environment
from bastion.config.sealing import FileSealing
from bastion.errors import BastionError, ConfigError, KeeperError
from bastion.sealing import file
from bastion.sealing.several import sealer

SECRET = b"open sesame 7!"


@pytest.fixture
def own_key(tmp_path):
    """The sealing key of the state directory."""
    file.create_key(tmp_path / "sealing")
    return tmp_path / "sealing"


@pytest.fixture(params=["file", "pkcs11", "openbao"])
def way(request):
    """The settings of each kind."""
    if request.param == "file":
        return FileSealing()
    if request.param == "pkcs11":
        return request.getfixturevalue("in_token")()
    return request.getfixturevalue("transit").settings()


async def test_what_was_sealed_opens(way, own_key, tokens):
    """For its kind and name alone; no two seals are alike, and nothing of the secret shows."""
    seals = sealer(way, (), own_key, tokens)
    sealed = await seals.seal("password", "box", SECRET)
    assert await seals.open("password", "box", sealed) == SECRET
    again = await seals.seal("password", "box", SECRET)
    assert again != sealed
    assert SECRET not in sealed
    assert sealed[:1] == seals.version
    for kind, name in (("key", "box"), ("password", "box2"), ("password", "")):
        with pytest.raises(BastionError):
            await seals.open(kind, name, sealed)


async def test_a_changed_or_cut_seal_does_not_open(way, own_key, tokens):
    """Nowhere; and the sentence shows nothing of it."""
    seals = sealer(way, (), own_key, tokens)
    sealed = await seals.seal("key", "box", SECRET)
    for place in range(0, len(sealed), 7):
        changed = bytearray(sealed)
        changed[place] ^= 1
        for bad in (bytes(changed), sealed[:place]):
            with pytest.raises(BastionError) as caught:
                await seals.open("key", "box", bad)
            assert "sesame" not in str(caught.value)


async def test_the_key_changes_its_place(way, own_key, tokens, tmp_path):
    """What the earlier one has sealed opens; what is new is sealed by the new one alone."""
    file.create_key(tmp_path / "other")
    old = sealer(FileSealing(key_file=tmp_path / "other"), (), own_key, tokens)
    sealed = await old.seal("key", "box", SECRET)
    both = sealer(way, [FileSealing(key_file=tmp_path / "other")], own_key, tokens)
    assert await both.open("key", "box", sealed) == SECRET
    anew = await both.seal("key", "box", SECRET)
    assert await sealer(way, (), own_key, tokens).open("key", "box", anew) == SECRET
    with pytest.raises(ConfigError, match="credential box: does not open"):
        await old.open("key", "box", anew)
    with pytest.raises(ConfigError, match="credential box: does not open"):
        await sealer(way, (), own_key, tokens).open("key", "box", sealed)


async def test_a_key_comes_as_a_systemd_credential(own_key, tokens, tmp_path, monkeypatch):
    """By name, below the folder that systemd gives the service; without one it is a sentence."""
    settings = FileSealing(key_credential="sealing")
    with pytest.raises(ConfigError, match="was given no credentials by systemd"):
        sealer(settings, (), own_key, tokens)
    given = environment({"CREDENTIALS_DIRECTORY": str(tmp_path)})
    monkeypatch.setattr("bastion.given.environment", lambda: given)
    sealed = await sealer(settings, (), tmp_path / "none", tokens).seal("key", "box", SECRET)
    assert await file.load(own_key).open("key", "box", sealed) == SECRET


async def test_an_outage_is_told_from_a_wrong_key(own_key, tokens, transit):
    """While a server is away, the sentence says that, and not that the secret was changed."""
    gone = transit.settings(url="http://127.0.0.1:1")
    sealed = await sealer(transit.settings(), (), own_key, tokens).seal("key", "box", SECRET)
    with pytest.raises(KeeperError, match="does not answer"):
        await sealer(gone, [FileSealing()], own_key, tokens).open("key", "box", sealed)
