"""The rules in force change as a whole or not at all."""

import os
import shutil

import asyncssh
import pytest

from bastion.config import parse
from bastion.errors import RulesError
from bastion.policy.current import Current, load
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


def test_a_change_is_seen_once_the_files_stay_as_they_are(config):
    """Who writes for longer is given the time; what was read is not seen again."""
    current = Current(config)
    assert not current.has_changed()
    text = config.hosts_file.read_text()
    config.hosts_file.write_text(text + "# half")
    assert not current.has_changed()
    config.hosts_file.write_text(text + "# half a line more")
    assert not current.has_changed()
    assert current.has_changed()
    current.reload()
    assert not current.has_changed()
    assert not current.has_changed()


@pytest.mark.parametrize(
    "change",
    [
        lambda config: (config.rules_dir / "access.toml").unlink(),
        lambda config: (config.rules_dir / "commands" / "new.toml").write_text(""),
        lambda config: (config.rules_dir / "commands" / "gpu.toml").unlink(),
        lambda config: os.utime(config.hosts_file, ns=(1, 1)),
        lambda config: _replaced(config.hosts_file),
        lambda config: _rewritten(config.hosts_file),
        lambda config: (config.rules_dir / "knowledge" / "own.toml").write_text(""),
    ],
    ids=[
        "removed",
        "added",
        "one-of-many-removed",
        "touched",
        "replaced",
        "same-size-and-time",
        "taught",
    ],
)
def test_every_change_is_seen(config, change):
    """Of any file, however it came about."""
    current = Current(config)
    change(config)
    current.has_changed()
    assert current.has_changed()


def _replaced(path):
    """By another file with the same bytes and times, as a restored backup is."""
    other = path.with_suffix(".new")
    shutil.copy2(path, other)
    other.replace(path)


def _rewritten(path):
    """In place, with as many bytes, and the times set back."""
    found = path.stat()
    path.write_text(path.read_text().replace("gpu-01", "gpu-02"))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def test_a_bad_version_is_remembered_and_not_asked_for_again(config):
    """Until the files change once more; the problem stands for whoever asks."""
    current = Current(config)
    access = config.rules_dir / "access.toml"
    good = access.read_text()
    access.write_text("[[grant]]\n")
    with pytest.raises(RulesError):
        current.reload()
    bad = current.version
    assert "access.toml:1" in current.problem
    assert not current.has_changed()
    assert not current.has_changed()
    access.write_text(good)
    current.has_changed()
    assert current.has_changed()
    current.reload()
    assert current.problem == ""
    assert current.version != bad


def test_files_that_change_while_they_are_read_are_not_put_in_force(config, monkeypatch):
    """Half of the old and half of the new is neither."""
    current = Current(config)
    old = current.rules

    def disturbed(config):
        rules = load(config)
        os.utime(config.hosts_file, ns=(next(times), next(times)))
        return rules

    times = iter(range(100))
    monkeypatch.setattr("bastion.policy.current.load", disturbed)
    with pytest.raises(RulesError, match="changes while it is read"):
        current.reload()
    assert current.rules is old


def test_a_folder_of_hosts_is_looked_at(config):
    """A file more in it is a change."""
    folder = config.hosts_file.with_name("hosts.d")
    folder.mkdir()
    shutil.copy(config.hosts_file, folder / "a.toml")
    current = Current(config.model_copy(update={"hosts_file": folder}))
    (folder / "b.toml").write_text((folder / "a.toml").read_text().replace("gpu-01", "gpu-02"))
    current.has_changed()
    assert current.has_changed()
    current.reload()
    assert len(list(current.rules.inventory)) == 2
