"""The folder with key and password."""

import stat

import pytest

from bastion.demo.identity_provider.secrets_folder import prepare
from bastion.errors import ConfigError


def test_it_is_made_once_for_us_alone(tmp_path):
    """Folder 0700, files 0600, the same at the second start."""
    folder = tmp_path / "state" / "idp"
    made = prepare(folder)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"signing-key.pem": 0o600, "password": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    again = prepare(folder)
    assert again.password == made.password
    assert again.key.private_numbers() == made.key.private_numbers()
    assert made.password not in repr(made)


@pytest.mark.parametrize("name", ["signing-key.pem", "password"])
def test_a_file_that_others_can_read_is_refused(tmp_path, name):
    """It may have been copied."""
    prepare(tmp_path)
    (tmp_path / name).chmod(0o644)
    with pytest.raises(ConfigError, match=name):
        prepare(tmp_path)


@pytest.mark.parametrize("content", [b"", b"garbage"])
def test_an_unreadable_key_is_named(tmp_path, content):
    """The sentence says what to remove."""
    prepare(tmp_path)
    (tmp_path / "signing-key.pem").write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read; remove it"):
        prepare(tmp_path)


def test_an_empty_password_is_refused(tmp_path):
    """It would open every account to anybody on this machine."""
    prepare(tmp_path)
    (tmp_path / "password").write_bytes(b"\n")
    with pytest.raises(ConfigError, match="password"):
        prepare(tmp_path)


def test_a_folder_that_cannot_be_used_is_named(tmp_path):
    """As a sentence, not a trace."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError, match="cannot use"):
        prepare(tmp_path / "file" / "idp")
