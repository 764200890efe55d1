"""A whole bastion as an operator runs it: its own process, a config file, a real sshd behind it.

People's certificates are signed here with the deployment's user CA, so that each test can have the
one it needs, good or bad; the login by OIDC has its own journey.
"""

import asyncio
import contextlib
import getpass
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from bastion.ca import keys
from bastion.ca.certificate import Wanted, sign_user
from bastion.demo.host.sshd import Sshd
from bastion.serve.initialise import initialise
from bastion.state import State
from bastion.store.rows import AuditEntry, Command, Session
from bastion.store.sqlite.database import SqliteStore, open_readonly
from tests.servers import program
from tests.servers.audited import audited
from tests.servers.process import Ran, run
from tests.servers.sshd import free_port, start_sshd
from tests.servers.waiting import until

RULES = Path(__file__).parent.parent.parent / "rules"
ACCOUNT = getpass.getuser()


@dataclass
class Deployment:
    """One bastion with one host behind it.

    Attributes:
        is_installed: the bastion is started as the installed program; else by the fork server,
            which is the same at a tenth of the time.
    """

    folder: Path
    issuer: str = "http://127.0.0.1:1"
    client_id: str = "bastion"
    settings: dict[str, Any] = field(default_factory=dict)
    hosts: str = ""
    max_file_bytes: int = 0
    certificate_seconds: int = 600
    is_installed: bool = False
    ssh_port: int = 0
    web_port: int = 0
    sshd: Sshd | None = None
    process: asyncio.subprocess.Process | program.Started | None = None

    @property
    def state(self) -> State:
        return State(self.folder / "state")

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def log(self) -> Path:
        return self.folder / "bastion.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    async def prepare(self) -> None:
        """Make keys, files and the host."""
        initialise(self.state)
        access_ca = self.state.access_ca.with_suffix(".pub")
        self.sshd = await start_sshd(self.folder / "host", access_ca)
        self.ssh_port, self.web_port = free_port(), free_port()
        rules = self.folder / "rules"
        rules.mkdir()
        (rules / "commands").symlink_to(RULES / "commands")
        (rules / "access.toml").write_text(
            f'[[grant]]\nid = "engineers"\ngroups = ["engineers"]\ntargets = ["gpu-*"]\n'
            f'logins = ["{ACCOUNT}"]\n'
        )
        (self.folder / "hosts.toml").write_text(
            f'[[host]]\nname = "gpu-01"\naddress = "127.0.0.1"\nport = {self.sshd.port}\n'
            f'host_keys = ["{self.sshd.host_key}"]\n{self.hosts}'
        )
        self.config.write_text(_toml(self._tree()))
        self._write_ssh_files()

    def twin(self, folder: Path) -> "Deployment":
        """Another bastion of the same state, rules and host, on ports of its own."""
        twin = Deployment(folder, self.issuer, self.client_id, self.settings, self.hosts)
        twin.is_installed = self.is_installed
        folder.mkdir()
        for shared in (self.state.root, self.folder / "rules", self.folder / "hosts.toml"):
            (folder / shared.name).symlink_to(shared)
        twin.ssh_port, twin.web_port = free_port(), free_port()
        twin.config.write_text(_toml(twin._tree()))
        twin._write_ssh_files()
        return twin

    async def start(self) -> None:
        """Start the bastion and wait until it serves."""
        self.process = await self._begin()
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        if b"serving" not in line:
            pytest.fail(f"the bastion did not start:\n{self.log.read_text()[-2000:]}")

    async def _begin(self) -> asyncio.subprocess.Process | program.Started:
        words = ("serve", "--config", str(self.config))
        with self.log.open("ab") as log:
            if not self.is_installed:
                # Files end at a size, as on a disk that is full.
                limits = {"RLIMIT_FSIZE": self.max_file_bytes} if self.max_file_bytes else {}
                return await program.start(*words, stderr=log, limits=limits)
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bastion", *words),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )

    async def logged(self, words: str) -> None:
        """Wait until the bastion's log holds *words*."""
        await until(lambda: words in self.log.read_text())

    async def newest(self) -> Session:
        """The newest session, once it has ended."""
        store = self.store()
        try:
            await until(lambda: store.sessions.latest(1)[0].session.ended_at is not None)
            return store.sessions.latest(1)[0].session
        finally:
            store.close()

    def commands(self, sessions: int = 100) -> list[Command]:
        """What the store says of the commands of the newest *sessions*, the newest first."""
        store = self.store()
        try:
            return [
                command
                for summary in store.sessions.latest(sessions)
                for command in store.sessions.commands(summary.session.id)
            ]
        finally:
            store.close()

    async def stop(self) -> None:
        """End the bastion as an operator does, and the host."""
        if self.process is not None:
            if self.process.returncode is None:
                self.process.terminate()
            await self.process.communicate()
        if self.sshd is not None:
            await self.sshd.stop()

    async def kill(self) -> None:
        """End the bastion as a power cut does."""
        assert self.process is not None
        self.process.kill()
        await self.process.communicate()

    def store(self) -> SqliteStore:
        """The store, for reading."""
        return open_readonly(self.state.database)

    def audited(self, *codes: str) -> list[AuditEntry]:
        """The audit entries of the *codes*, or all, oldest first."""
        return audited(self.state, *codes)

    def certify(self, account: str = "engineer", **changes: Any) -> Path:
        """A new key with a certificate for *account*; the private key's path."""
        now = int(time.time())
        facts = {
            "key_id": f"sub-{account}",
            "serial": 7,
            "principals": (account,),
            "valid_after": now - 60,
            "valid_before": now + self.certificate_seconds,
        }
        groups = changes.pop("groups", ("engineers",))
        ca = changes.pop("ca", None) or keys.load(self.state.user_ca)
        key = asyncssh.generate_private_key("ssh-ed25519")
        certificate = sign_user(
            ca, key, Wanted(**facts | changes), groups=groups, allow_pty=True, allow_jump=True
        )
        return self.write_key(key, certificate, account)

    def write_key(self, key, certificate, name: str) -> Path:
        """Files for ssh's `-i`."""
        path = self.folder / "ssh" / f"{name}-{os.urandom(4).hex()}"
        path.touch(mode=0o600)
        path.write_bytes(key.export_private_key())
        key.write_public_key(f"{path}.pub")
        certificate.write_certificate(f"{path}-cert.pub")
        return path

    def options(self, key: Path | None = None) -> list[str]:
        """Options for ssh, scp and sftp: with *key* and no other, also on the way by a jump."""
        config = self.folder / "ssh" / "config"
        if key is None:
            return ["-F", str(config)]
        own = key.with_name(f"{key.name}-config")
        own.write_text(config.read_text().replace(f"{config.parent}/engineer", str(key)))
        return ["-F", str(own)]

    async def ssh(
        self, *arguments: str, key: Path | None = None, input_: bytes | None = None
    ) -> Ran:
        """Run the real ssh to its end."""
        return await run("ssh", *self.options(key), *arguments, input_=input_)

    def _tree(self) -> dict[str, Any]:
        tree: dict[str, Any] = {
            "state_dir": str(self.state.root),
            "rules_dir": "rules",
            "hosts_file": "hosts.toml",
            "ssh": {"listen": {"host": "127.0.0.1", "port": self.ssh_port}},
            "web": {"listen": {"host": "127.0.0.1", "port": self.web_port}, "url": self.url},
            "oidc": {"issuer": self.issuer, "client_id": self.client_id},
            "approval": {"approvers": ["approvers"]},
            "commands": {"workers": 1},  # nobody waits for a second one, and its start is work
        }
        for section, changes in self.settings.items():
            tree[section] = {**tree.get(section, {}), **changes}
        return tree

    def _write_ssh_files(self) -> None:
        folder = self.folder / "ssh"
        folder.mkdir(mode=0o700)
        host_ca = self.state.host_ca.with_suffix(".pub").read_text()
        (folder / "known_hosts").write_text(f"@cert-authority * {host_ca}")
        (folder / "config").write_text(
            f"Host bastion\n  HostName 127.0.0.1\n  Port {self.ssh_port}\n  User engineer\n"
            f"  HostKeyAlias bastion\n"
            f"Host gpu-*\n  ProxyJump bastion\n  User {ACCOUNT}\n"
            f"Host *\n  IdentitiesOnly yes\n  IdentityAgent none\n  BatchMode yes\n"
            f"  StrictHostKeyChecking yes\n  UserKnownHostsFile {folder}/known_hosts\n"
            f"  IdentityFile {folder}/engineer\n"
        )
        key = self.certify()
        for suffix in ("", ".pub", "-cert.pub"):
            Path(f"{key}{suffix}").rename(folder / f"engineer{suffix}")


@contextlib.asynccontextmanager
async def deployed(folder: Path, **settings: Any) -> AsyncIterator[Deployment]:
    """A running deployment in *folder*."""
    deployment = Deployment(folder, **settings)
    await deployment.prepare()
    try:
        await deployment.start()
        yield deployment
    finally:
        await deployment.stop()


def _toml(tree: dict[str, Any]) -> str:
    """The *tree* as TOML; JSON's scalars and lists are TOML's."""
    lines = [f"{key} = {_value(value)}" for key, value in tree.items() if not _is_table(value)]
    for name, table in tree.items():
        if _is_table(table):
            lines.append(f"[{name}]")
            lines += [f"{key} = {_value(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    return json.dumps(value)
