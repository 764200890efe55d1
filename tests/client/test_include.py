"""The line in the user's own ssh_config, put in and taken out, and read by the real ssh."""

import os
import stat
from pathlib import Path

import pytest

from bastion.client.folder import Folder
from bastion.client.include import UserConfig
from bastion.client.server import About
from bastion.client.sshconfig import include_line, ssh_config
from bastion.errors import ClientError
from tests.servers.deployment import run

OWN = b"# mine \xff\r\nHost own\n\tUser me\n\nHost *\n  User other\n"


@pytest.fixture
def folder(about, tmp_path):
    """A client's folder with the block in it."""
    folder = Folder(tmp_path / "a folder")
    folder.make()
    folder.write(folder.ssh_config, ssh_config(About.model_validate(about), folder, "alice"))
    return folder


@pytest.fixture
def config(tmp_path):
    """A user's file, with more in it than we know of."""
    path = tmp_path / "dot-ssh" / "config"
    path.parent.mkdir()
    path.write_bytes(OWN)
    path.chmod(0o640)
    return path


def include(path, folder):
    return UserConfig(path).include(folder.ssh_config, include_line(folder), "bastion")


async def option(path, host, name):
    ran = await run("ssh", "-T", "-G", "-F", str(path), host)
    assert ran.status == 0, ran
    return dict(line.split(" ", 1) for line in ran.out.decode().splitlines() if " " in line)[name]


async def test_ssh_reads_the_block_and_everything_else_as_before(config, folder):
    """The bastion has its user although `Host *` below names another; own hosts are kept."""
    assert include(config, folder)
    assert await option(config, "bastion", "user") == "alice"
    assert await option(config, "gpu-01", "proxyjump") == "bastion"
    assert await option(config, "own", "user") == "me"
    assert config.read_bytes().endswith(OWN)
    assert stat.S_IMODE(config.stat().st_mode) == 0o640


def test_twice_is_once_and_undone_is_as_before(config, folder):
    """Byte for byte."""
    assert include(config, folder)
    once = config.read_bytes()
    assert not include(config, folder)
    assert config.read_bytes() == once
    assert UserConfig(config).exclude(include_line(folder))
    assert config.read_bytes() == OWN
    assert not UserConfig(config).exclude(include_line(folder))
    assert [path.name for path in config.parent.iterdir()] == ["config"]


def test_an_include_of_ones_own_is_enough(config, folder):
    """Whoever put it there by hand is left alone, unless it counts for some hosts only."""
    own = f'include="{folder.ssh_config}"\n'.encode()
    config.write_bytes(own + OWN)
    assert not include(config, folder)
    config.write_bytes(b"Host x\n  " + own)
    assert include(config, folder)


def test_a_link_stays_a_link(config, folder, tmp_path):
    """Whoever keeps the file in a repository of dotfiles finds the change there."""
    link = tmp_path / "link"
    link.symlink_to(config)
    assert include(link, folder)
    assert link.is_symlink()
    assert b"Include" in config.read_bytes()


def test_a_missing_file_is_made_for_its_owner_only(tmp_path, folder):
    """With its folder."""
    path = tmp_path / "new" / "config"
    assert include(path, folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    UserConfig(path).exclude(include_line(folder))
    assert path.read_bytes() == b""


def test_what_ssh_cannot_read_is_not_put_there(config, folder):
    """A file that is broken already stays as it is, and what ssh says is passed on."""
    broken = b"Host x\n  NoSuchOption yes\n"
    config.write_bytes(broken)
    with pytest.raises(ClientError, match="nosuchoption"):
        include(config, folder)
    assert config.read_bytes() == broken
    assert [path.name for path in config.parent.iterdir()] == ["config"]


def test_a_loop_of_links_is_complained_of(tmp_path, folder):
    """In a sentence."""
    path = tmp_path / "loop"
    path.symlink_to(path)
    with pytest.raises(ClientError, match="cannot change"):
        include(path, folder)


def test_the_owner_stays_the_owner(config, folder):
    """Also when root runs it, as in a container that has the home mounted; else every group."""
    for owner in _owners():
        config.write_bytes(OWN)
        os.chown(config, *owner)
        folder.root.chmod(0o755)
        assert include(config, folder)
        assert (config.stat().st_uid, config.stat().st_gid) == owner


def _owners() -> list[tuple[int, int]]:
    """To whom we may give a file: root to anybody, others to each of their groups."""
    if os.geteuid() == 0:
        return [(1234, 1234)]
    return [(os.geteuid(), group) for group in {os.getegid(), *os.getgroups()}]


def test_a_folder_that_include_would_read_as_a_pattern_is_refused():
    """It would include nothing, or something else."""
    with pytest.raises(ClientError, match="cannot include"):
        include_line(Folder(Path("/home/a[b]")))
