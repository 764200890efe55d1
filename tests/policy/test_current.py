"""The rules in force change as a whole or not at all."""

import shutil

import asyncssh
import pytest

from bastion.config import parse
from bastion.errors import RulesError
from bastion.policy.current import Current
from bastion.rulepack import shipped_rules

KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()


@pytest.fixture
def config(tmp_path):
    """A configuration with a copy of the shipped rules."""
    shutil.copytree(shipped_rules(), tmp_path / "rules")
    (tmp_path / "hosts.toml").write_text(
        f'[[host]]\nname = "gpu-01"\naddress = "192.0.2.1"\nhost_keys = ["{KEY}"]\n'
    )
    tree = {"oidc": {"issuer": "https://idp.example", "client_id": "bastion"}}
    return parse(tree, tmp_path / "bastion.toml")


def test_the_three_sets_are_loaded_together(config):
    """Hosts, grants and command rules."""
    rules = Current(config).rules
    assert rules.inventory.find("gpu-01")
    assert rules.access.grants
    assert rules.commands.rules


def test_a_reload_puts_new_files_in_force(config):
    """Whoever asks afterwards sees the new set; who holds the old one keeps it."""
    current = Current(config)
    old = current.rules
    config.hosts_file.write_text(config.hosts_file.read_text().replace("gpu-01", "gpu-02"))
    current.reload()
    assert current.rules.inventory.find("gpu-02")
    assert not current.rules.inventory.find("gpu-01")
    assert old.inventory.find("gpu-01")


@pytest.mark.parametrize("name", ["hosts.toml", "rules/access.toml", "rules/commands/gpu.toml"])
def test_a_bad_file_changes_nothing(config, name):
    """The old set stays in force, also the files that were good."""
    current = Current(config)
    old = current.rules
    (config.hosts_file.parent / name).write_text("[[nonsense]]\n")
    with pytest.raises(RulesError, match=name.rpartition("/")[2]):
        current.reload()
    assert current.rules is old


def test_a_bastion_does_not_start_without_rules(config):
    """No rules is not permission."""
    shutil.rmtree(config.rules_dir)
    with pytest.raises(RulesError):
        Current(config)
