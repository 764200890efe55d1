"""Secrets are sealed for one kind and one name, under a key that is a private file."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.config import parse
from bastion.config.sealing import FileSealing
from bastion.errors import ConfigError
from bastion.sealing import file

SEALER = file.FileSealer(bytes(range(32)))
SECRET = b"open sesame 7!"


@given(st.binary(max_size=200))
async def test_what_was_sealed_opens(secret):
    """To the same bytes; nothing of it shows before, and no two seals are alike."""
    sealed = await SEALER.seal("password", "box", secret)
    assert await SEALER.open("password", "box", sealed) == secret
    assert await SEALER.seal("password", "box", secret) != sealed
    assert len(secret) < 4 or secret not in sealed


@pytest.mark.parametrize(
    ("kind", "name"), [("key", "box"), ("password", "box2"), ("password", "x:box")]
)
async def test_it_opens_for_its_own_record_only(kind, name):
    """A row that was renamed, or whose secret was put into another one, does not open."""
    sealed = await SEALER.seal("password", "box", SECRET)
    with pytest.raises(ConfigError, match="does not open"):
        await SEALER.open(kind, name, sealed)


async def test_a_changed_or_cut_seal_does_not_open():
    """Not one bit, anywhere."""
    sealed = await SEALER.seal("key", "box", SECRET)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(ConfigError):
            await SEALER.open("key", "box", bytes(changed))
        with pytest.raises(ConfigError):
            await SEALER.open("key", "box", sealed[:place])


async def test_another_key_does_not_open_it():
    """And the sentence says which credential, not what is in it."""
    sealed = await SEALER.seal("key", "box", SECRET)
    with pytest.raises(ConfigError, match="credential box: does not open") as caught:
        await file.FileSealer(bytes(32)).open("key", "box", sealed)
    assert "sesame" not in str(caught.value)


async def test_the_key_file_is_private_and_made_once(tmp_path):
    """Mode 0600 from the first byte; one that exists is never replaced."""
    path = tmp_path / "sealing"
    file.create_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    sealed = await file.load(path).seal("key", "box", SECRET)
    with pytest.raises(FileExistsError):
        file.create_key(path)
    assert await file.load(path).open("key", "box", sealed) == SECRET


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(tmp_path, mode):
    """With the command that mends it."""
    path = tmp_path / "sealing"
    file.create_key(path)
    path.chmod(mode)
    # What root gives a service may show its access list in the group's bits.
    if os.geteuid() != 0 or path.stat().st_uid == 0:
        with pytest.raises(ConfigError, match="chmod 600"):
            file.load(path)


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33, b"ab" * 32])
def test_a_key_of_another_length_is_refused(tmp_path, content):
    """A truncated or textual key is not stretched into one."""
    path = tmp_path / "sealing"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="32 bytes"):
        file.load(path)


def test_a_missing_key_is_a_sentence(tmp_path):
    """It names the file."""
    with pytest.raises(ConfigError, match="sealing: No such file"):
        file.load(tmp_path / "sealing")


def test_a_table_that_names_no_custody_is_a_file(tmp_path):
    """As where there is no table; one that is named has to be one that there is."""
    tree = {
        "state_dir": "state",
        "rules_dir": "rules",
        "hosts_file": "hosts.toml",
        "oidc": {"issuer": "http://127.0.0.1:1", "client_id": "bastion"},
    }
    path = tmp_path / "config.toml"
    config = parse({**tree, "upstream": {"sealing": {"key_credential": "sealing"}}}, path)
    assert config.upstream.sealing == FileSealing(key_credential="sealing")
    for wrong in ({"custody": "paper"}, {"module": "/usr/lib/token.so"}, "file"):
        with pytest.raises(ConfigError, match="sealing"):
            parse({**tree, "upstream": {"sealing": wrong}}, path)
