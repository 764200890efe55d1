"""Key files: private, made once, refused when they are not what they should be."""

import asyncssh
import pytest

from bastion.ca import keys
from bastion.errors import ConfigError
from tests.servers.deployment import run


@pytest.fixture
def path(tmp_path):
    keys.create(tmp_path / "ca", "a CA")
    return tmp_path / "ca"


def test_a_made_key_loads(path):
    """Mode 0600; the public half stands beside it with its comment."""
    key = keys.load(path)
    assert key.get_algorithm() == "ssh-ed25519"
    assert path.stat().st_mode & 0o777 == 0o600
    public = path.with_suffix(".pub").read_text()
    assert public == f"{keys.public_line(key)} a CA\n"


def test_a_key_is_never_overwritten(path):
    """The second attempt fails and changes neither half."""
    before = path.read_bytes(), path.with_suffix(".pub").read_bytes()
    with pytest.raises(FileExistsError):
        keys.create(path, "another")
    assert (path.read_bytes(), path.with_suffix(".pub").read_bytes()) == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_that_others_can_reach_is_refused(path, mode):
    """The sentence says what to run."""
    path.chmod(mode)
    with pytest.raises(ConfigError, match=f"chmod 600 {path}"):
        keys.load(path)


def test_a_missing_key_is_named(tmp_path):
    """With the command that makes it."""
    with pytest.raises(ConfigError, match=r"absent: there is no such key; run `bastion init`"):
        keys.load(tmp_path / "absent")


@pytest.mark.parametrize(
    "content",
    [b"", b"rubbish", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", b"\xff\xfe"],
    ids=["empty", "rubbish", "half", "binary"],
)
def test_a_file_that_is_no_usable_key_is_named(path, content):
    """Whatever stands in it, it is one sentence."""
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=f"{path}: cannot be loaded"):
        keys.load(path)


async def test_a_key_with_a_passphrase_is_named(path):
    """Nobody could type it at the start of a server."""
    ran = await run("ssh-keygen", "-q", "-p", "-N", "a passphrase", "-f", str(path))
    assert ran.status == 0, ran.err
    with pytest.raises(ConfigError, match=f"{path}: cannot be loaded"):
        keys.load(path)


def test_a_folder_in_the_place_of_a_key_is_named(tmp_path):
    """As any other file that cannot be read."""
    (tmp_path / "ca").mkdir(mode=0o700)
    with pytest.raises(ConfigError, match="cannot be loaded"):
        keys.load(tmp_path / "ca")


def test_a_public_line_has_no_comment(path):
    """Algorithm and key alone."""
    line = keys.public_line(keys.load(path))
    assert len(line.split()) == 2
    assert asyncssh.import_public_key(line) == keys.load(path).convert_to_public()
