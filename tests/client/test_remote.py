"""A command of the bastion, run by ssh."""

import json
import os

import pytest

from bastion.client.folder import Folder
from bastion.client.remote import run_there
from bastion.errors import ClientError

ABOUT = {
    "version": "0",
    "issuer": "https://idp.example",
    "client_id": "bastion",
    "scopes": ["openid"],
    "ssh": {"host": "127.0.0.1", "port": 1, "name": "bastion", "host_patterns": ["gpu-*"]},
    "host_ca": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
}


@pytest.fixture
def folder(tmp_path):
    """As a login leaves it, but for the key."""
    made = Folder(tmp_path / "client")
    made.make()
    memory = {"url": "https://bastion.example", "account": "ann", "about": ABOUT}
    made.write_all({made.memory: json.dumps(memory), made.ssh_config: "Host bastion\n  Port 1\n"})
    return made


@pytest.fixture
def ssh(tmp_path, monkeypatch):
    """A program that is called ssh, tells its arguments, and ends with 7."""
    told = tmp_path / "told"
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {told}\nexit 7\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return told


def test_every_word_arrives_as_it_is(folder, ssh):
    """Quoted once, with this login's configuration and no terminal; the exit code is ssh's."""
    assert run_there(folder, ["request", "--reason=it's $HOME; rm", "--", "gpu-01"]) == 7
    assert ssh.read_text().splitlines() == [
        *("-F", str(folder.ssh_config), "-T", "--", "bastion"),
        "request '--reason=it'\"'\"'s $HOME; rm' -- gpu-01",
    ]


def test_nobody_has_logged_in(folder, tmp_path):
    """Then there is nothing to prove who asks."""
    folder.ssh_config.unlink()
    with pytest.raises(ClientError, match="bastion login"):
        run_there(folder, ["request"])
    with pytest.raises(ClientError, match="bastion login"):
        run_there(Folder(tmp_path / "nowhere"), ["request"])


def test_there_is_no_ssh(folder, monkeypatch):
    """A sentence says so."""
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ClientError, match="no ssh"):
        run_there(folder, ["request"])
