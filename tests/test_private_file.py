"""Files that hold secrets."""

import stat

import pytest

from bastion import private_file


def test_it_is_the_owners_only(tmp_path):
    """Nobody else may read it, whatever the umask."""
    path = tmp_path / "secret"
    private_file.create(path, b"content")
    assert path.read_bytes() == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_exists_is_never_replaced(tmp_path):
    """A key that is gone cannot be brought back."""
    path = tmp_path / "secret"
    private_file.create(path, b"first")
    with pytest.raises(FileExistsError):
        private_file.create(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_nothing(tmp_path):
    """No half of a key."""
    with pytest.raises(FileNotFoundError):
        private_file.create(tmp_path / "nowhere" / "secret", b"x")
    assert list(tmp_path.iterdir()) == []
