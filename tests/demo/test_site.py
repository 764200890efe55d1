"""The demo's files: made once, readable by their owner, and a configuration that loads."""

import pytest

from bastion.config import load
from bastion.demo.site import HOST, Site
from bastion.errors import ConfigError
from bastion.policy import current

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP+kFdvAni/3RSwxYdjHYOhTDgqvBsxU2j1mhWRmtgAx"


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path / "deep" / "demo")


def write(site, account="me"):
    site.prepare(account)
    site.write_config(
        ssh=1001, web=1002, issuer="http://127.0.0.1:1003", chat="http://127.0.0.1:4/h"
    )
    site.write_hosts(1005, KEY)


def test_what_is_written_can_be_served(site):
    """The bastion's own loaders read it: one host, one grant, the shipped command rules."""
    write(site)
    config = load(site.config)
    rules = current.load(config)
    assert (config.ssh.listen.port, config.web.listen.port) == (1001, 1002)
    assert config.oidc.issuer == "http://127.0.0.1:1003"
    assert config.state_dir == site.state.root
    assert [target.name for target in rules.inventory] == [HOST]
    assert len(rules.access.grants) == 1
    assert rules.commands.rules


@pytest.mark.parametrize("account", ["o'neil", 'a"b', "a\\b", "é"])
def test_an_odd_account_name_is_quoted(site, account):
    """The grant holds the name as it is."""
    write(site, account)
    grant = current.load(load(site.config)).access.grants[0]
    assert list(getattr(grant, "value", grant).logins) == [account]


def test_what_exists_stays(site):
    """The person's rules and the secret survive the second start; the ports are written anew."""
    write(site)
    secret = site.chat_secret.read_bytes()
    own = site.root / "rules" / "commands" / "own.toml"
    own.write_text("")
    site.prepare("somebody else")
    site.write_config(ssh=2001, web=1, issuer="http://127.0.0.1:1", chat="http://127.0.0.1:1")
    assert site.chat_secret.read_bytes() == secret
    assert own.exists()
    assert "somebody else" not in (site.root / "rules" / "access.toml").read_text()
    assert load(site.config).ssh.listen.port == 2001


def test_the_folder_and_the_secret_are_the_owners(site):
    """Nobody else may look inside."""
    site.prepare("me")
    assert site.root.stat().st_mode & 0o777 == 0o700
    assert site.chat_secret.stat().st_mode & 0o777 == 0o600


def test_half_of_the_rules_is_none(site):
    """A start that was cut off while copying leaves nothing that passes for the rules."""
    half = site.root / "rules.new"
    half.mkdir(parents=True)
    (half / "access.toml").write_text("old")
    site.prepare("me")
    assert (site.root / "rules" / "commands").is_dir()
    assert not half.exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    """It names the folder; so does a file that cannot be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        Site(tmp_path / "file" / "demo").prepare("me")
    site = Site(tmp_path)
    site.config.mkdir()
    with pytest.raises(ConfigError, match=r"config\.toml: cannot be written: Is a directory"):
        site.write_config(ssh=1, web=1, issuer="i", chat="c")
    (tmp_path / "hosts.toml").mkdir()
    with pytest.raises(ConfigError, match=r"hosts\.toml: cannot be written"):
        site.write_hosts(1, KEY)
