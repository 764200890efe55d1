"""The client's folder: whole files or the old ones, readable by their owner only."""

import os
import resource

import pytest

from bastion.client.folder import Folder
from bastion.errors import ClientError


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path / "dot-ssh" / "bastion")
    made.make()
    return made


@pytest.fixture
def full_disk():
    """Files of this process end after 64 bytes, as a disk does that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_the_folder_and_the_one_above_are_the_users_own(folder):
    """Whatever the umask, nobody else can look inside."""
    assert folder.root.stat().st_mode & 0o777 == 0o700
    assert folder.root.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_may_write_to_is_refused(folder):
    """Whoever may write there could put a ProxyCommand into the configuration."""
    folder.root.chmod(0o777)
    with pytest.raises(ClientError, match="others may write"):
        folder.make()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    """The sentence names the folder and the cause."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ClientError, match=r"cannot make .*bastion: "):
        Folder(tmp_path / "file" / "bastion").make()


def test_files_are_private_and_replaced(folder):
    """The second text takes the place of the first; only the owner reads it; no half is left."""
    folder.write(folder.key, "one")
    folder.write(folder.key, "two")
    assert folder.key.read_text() == "two"
    assert folder.key.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.root.iterdir()] == ["id_ed25519"]


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_every_old_file(folder):
    """Nothing is replaced where one of the files does not fit, and no half is left."""
    folder.write(folder.key, "old key")
    folder.write(folder.certificate, "old certificate")
    with pytest.raises(ClientError, match=r"cannot write to .*: File too large"):
        folder.write_all({folder.key: "new key", folder.certificate: "x" * 100})
    assert folder.key.read_text() == "old key"
    assert folder.certificate.read_text() == "old certificate"
    assert len(list(folder.root.iterdir())) == 2


def test_a_folder_in_the_place_of_a_file_leaves_every_old_file(folder):
    """What cannot be replaced is found before anything is."""
    folder.write(folder.key, "old key")
    folder.certificate.mkdir()
    with pytest.raises(ClientError, match="Is a directory"):
        folder.write_all({folder.key: "new key", folder.certificate: "new"})
    assert folder.key.read_text() == "old key"


def test_a_path_that_is_no_utf8_is_written_as_its_bytes(folder):
    """Ssh reads bytes; Python's stand-ins for them come back as what they were."""
    folder.write(folder.ssh_config, os.fsdecode(b"/home/\xff"))
    assert folder.ssh_config.read_bytes() == b"/home/\xff"


def test_removing_what_is_not_there_is_fine(folder):
    """Absent files are no error; a folder in a file's place is one."""
    folder.remove(folder.key)
    folder.certificate.mkdir()
    with pytest.raises(ClientError, match="cannot remove"):
        folder.remove(folder.certificate)
