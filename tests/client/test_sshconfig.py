"""What is written for ssh, read back by the real ssh."""

from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from bastion.client.folder import Folder
from bastion.client.server import About
from bastion.client.sshconfig import known_hosts, ssh_config
from bastion.errors import ClientError
from tests.servers.deployment import run


@pytest.fixture
def told(about):
    return About.model_validate(about)


async def read(block, tmp_path, host):
    """The options that ssh takes for *host* from *block*."""
    path = tmp_path / "ssh_config"
    path.write_text(block)
    ran = await run("ssh", "-T", "-G", "-F", str(path), host)
    assert (ran.status, ran.err) == (0, b"")
    lines = (line.partition(" ") for line in ran.out.decode().splitlines())
    return {key: value for key, _, value in lines}


async def test_ssh_reads_the_way_to_the_bastion(told, tmp_path):
    """Address, port, account, and a strict check against the bastion's host CA only."""
    folder = Folder(tmp_path / "client")
    options = await read(ssh_config(told, folder, "alice"), tmp_path, "bastion")
    assert options["hostname"] == "bastion.example.com"
    assert (options["port"], options["user"]) == ("2222", "alice")
    assert options["hostkeyalias"] == "bastion"
    assert options["identityfile"] == str(folder.key)
    assert options["certificatefile"] == str(folder.certificate)
    assert options["userknownhostsfile"] == str(folder.known_hosts)
    assert options["identitiesonly"] == "yes"
    assert options["stricthostkeychecking"] == "true"
    assert "proxyjump" not in options
    assert "proxycommand" not in options


async def test_ssh_reads_the_way_to_the_hosts(told, tmp_path):
    """By a jump over the bastion, as whoever `--login` says; other hosts are left alone."""
    folder = Folder(tmp_path / "client")
    block = ssh_config(told, folder, "alice", "root")
    options = await read(block, tmp_path, "gpu-01")
    assert (options["proxyjump"], options["user"]) == ("bastion", "root")
    assert options["stricthostkeychecking"] == "true"
    other = await read(block, tmp_path, "github.com")
    assert "proxyjump" not in other
    assert other["userknownhostsfile"] != str(folder.known_hosts)


async def test_a_bastion_for_every_host_does_not_jump_over_itself(about, tmp_path):
    """The pattern `*` leaves the bastion's own name out."""
    about["ssh"]["host_patterns"] = ["*"]
    block = ssh_config(About.model_validate(about), Folder(tmp_path), "alice")
    assert "proxyjump" not in await read(block, tmp_path, "bastion")
    assert (await read(block, tmp_path, "anything"))["proxyjump"] == "bastion"


@pytest.mark.parametrize(
    "name", ["with space", "it's", "a#b", "a\u00e9", "x=y", "100%h", "$HOME", "~x", "a,b"]
)
async def test_odd_folder_names_are_read_as_they_are(told, tmp_path, name):
    """Quotes, comments, signs and percent: ssh opens the file that we mean."""
    folder = Folder(tmp_path / name)
    folder.make()
    folder.write(folder.known_hosts, known_hosts(told))
    block = ssh_config(told, folder, "alice")
    options = await read(block, tmp_path, "bastion")
    assert options["identityfile"].replace("%%", "%") == str(folder.key)
    assert options["userknownhostsfile"].replace("%%", "%") == str(folder.known_hosts)


@pytest.mark.parametrize("name", ['a"b', "a\nb", "a\tb", "a\\ b", "${HOME}", "a\x1bb"])
def test_folder_names_that_ssh_config_cannot_hold_are_refused(told, name):
    """No way to quote them means no way to misread them."""
    with pytest.raises(ClientError, match="cannot hold the name"):
        ssh_config(told, Folder(Path("/home") / name), "alice")


@pytest.mark.parametrize("login", ["a b", "-x", "a\n  ProxyCommand x", "%r", "#", 'a"'])
@pytest.mark.parametrize("place", ["account", "login"])
def test_names_that_ssh_config_would_misread_are_refused(told, login, place):
    """Whether they come from the certificate or from the person."""
    names = {"account": "alice", "login": "root"} | {place: login}
    with pytest.raises(ClientError, match="no name of an account"):
        ssh_config(told, Folder(Path("/home/a")), names["account"], names["login"])


def test_known_hosts_trusts_every_ca_of_a_rotation(about):
    """The one that signs, and the one that will."""
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    told = About.model_validate(about | {"host_cas": [about["host_ca"], other]})
    lines = known_hosts(told).splitlines()
    assert len(lines) == 2
    assert lines[1].endswith(" ".join(other.split()[:2]))


async def test_known_hosts_trusts_the_ca_for_the_bastion_and_its_hosts(about, tmp_path):
    """`ssh-keygen -F` finds the CA for them, and for no other name."""
    told = About.model_validate(about)
    (tmp_path / "known_hosts").write_text(known_hosts(told))
    for name, is_found in (("bastion", True), ("gpu-07", True), ("github.com", False)):
        ran = await run("ssh-keygen", "-F", name, "-f", str(tmp_path / "known_hosts"))
        assert (b"CA" in ran.out) is is_found


def test_the_value_objects_are_frozen(told):
    """A checked value cannot be changed afterwards."""
    with pytest.raises(ValueError, match="frozen"):
        told.ssh.name = "x\n"
    assert replace(Folder(Path("/a")), root=Path("/b")).key == Path("/b/id_ed25519")
