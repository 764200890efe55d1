"""The files of the demo, as an operator would write them, below one folder.

    config.toml   written anew at every start, because it names the ports
    hosts.toml    likewise: one host, gpu-01, which is this machine
    rules/        copied once from the rules that come with the product; edit them and send SIGHUP
    state/        what the bastion keeps
    client/       what `bastion login` keeps for the person who tries the demo
    lock          held while a demo runs there
    provider/ host/ chat_secret   of the demo's own parts

What always holds: the folder is its owner's only, and nothing outside is written. What it
does not do: start anything.
"""

import contextlib
import json
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bastion import private_file
from bastion.errors import ConfigError, reason
from bastion.rulepack import shipped_rules
from bastion.state import State

HOST = "gpu-01"

_CONFIG = """\
# Written by `bastion quickstart` at every start: copy it elsewhere to make it yours.
# docs/config.md explains every key.
state_dir = "state"
rules_dir = "rules"
hosts_file = "hosts.toml"

[ssh]
listen = {{ host = "127.0.0.1", port = {ssh} }}
host_patterns = ["gpu-*"]

[web]
listen = {{ host = "127.0.0.1", port = {web} }}
url = "http://127.0.0.1:{web}"

[oidc]
issuer = {issuer}
client_id = "bastion"

[approval]
timeout_seconds = 300
approvers = ["approvers"]

[chat]
webhook_url = {chat}
webhook_secret_file = "chat_secret"
"""

_HOSTS = """\
# Written by `bastion quickstart` at every start: the demo's one host is this machine.
[[host]]
name = "{name}"
address = "127.0.0.1"
port = {port}
labels = {{ pool = "demo" }}
host_keys = [{host_key}]
"""

_ACCESS = """\
# Who may go where in the demo; docs/rules.md explains it.
[[grant]]
id = "engineers-on-gpu-hosts"
groups = ["engineers"]
targets = ["gpu-*"]
logins = [{account}]
channels = ["shell", "exec", "sftp-read", "sftp-write"]
"""


@dataclass(frozen=True)
class PortsWanted:
    """The ports of the demo; 0 lets the system choose."""

    ssh: int
    web: int
    provider: int
    host: int


@dataclass(frozen=True)
class Site:
    """The demo's files below one folder."""

    root: Path

    @property
    def config(self) -> Path:
        """The bastion's configuration."""
        return self.root / "config.toml"

    @property
    def state(self) -> State:
        """What the bastion keeps."""
        return State(self.root / "state")

    @property
    def client(self) -> Path:
        """The folder of the client."""
        return self.root / "client"

    @property
    def log(self) -> Path:
        """What the bastion logs."""
        return self.root / "bastion.log"

    @property
    def chat_secret(self) -> Path:
        """Signs the messages to the demo's chat."""
        return self.root / "chat_secret"

    def make_folder(self) -> None:
        """Make the folder; one that exists stays."""
        with _naming(self.root):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def prepare(self, account: str) -> None:
        """Make the rules and the chat's secret in the folder; what exists stays."""
        self.make_folder()
        with _naming(self.root):
            if not (self.root / "rules").exists():
                self._make_rules(account)
            if not self.chat_secret.exists():
                private_file.create(self.chat_secret, secrets.token_hex(32).encode())

    def write_config(self, *, ssh: int, web: int, issuer: str, chat: str) -> None:
        """Write the bastion's configuration."""
        text = _CONFIG.format(ssh=ssh, web=web, issuer=_toml(issuer), chat=_toml(chat))
        with _naming(self.config):
            self.config.write_text(text)

    def write_hosts(self, port: int, host_key: str) -> None:
        """Write the inventory."""
        text = _HOSTS.format(name=HOST, port=port, host_key=_toml(host_key))
        path = self.root / "hosts.toml"
        with _naming(path):
            path.write_text(text)

    def _make_rules(self, account: str) -> None:
        """All of them or none: half of the rules would pass for the whole at the next start."""
        half = self.root / "rules.new"
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(shipped_rules(), half)
        (half / "access.toml").write_text(_ACCESS.format(account=_toml(account)))
        half.rename(self.root / "rules")


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except shutil.Error as error:  # of many files, with the words of each
        raise ConfigError(f"{path}: cannot be written: is the disk full?") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {reason(error)}") from error


def _toml(text: str) -> str:
    """*text* as a TOML basic string, which is what JSON makes of it."""
    return json.dumps(text, ensure_ascii=False)
