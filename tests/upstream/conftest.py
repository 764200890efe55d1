"""A store with sealed credentials, and dialers that use it."""

import getpass
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import pytest

from bastion.authorization import Authorization, Channel
from bastion.ca import keys
from bastion.ca.issue import AccessAuthority
from bastion.ca.keyring import Keyring
from bastion.clock import SystemClock
from bastion.config import Upstream
from bastion.demo.host.sshd import Sshd
from bastion.errors import HostKeyError
from bastion.identity import Identity
from bastion.sealing import file as sealing
from bastion.store.rows import Credential
from bastion.store.sqlite.database import open_store
from bastion.store.worker import StoreWorker
from bastion.target import Login, Target
from bastion.upstream.connection import Dialer, UpstreamConnection
from bastion.upstream.vault import Vault
from tests.servers.sshd import start_sshd

ACCOUNT = getpass.getuser()


class KeyedSshd(Sshd):
    """A real sshd that takes the keys in a file, and no certificate."""

    def _write_config(self) -> Path:
        path = super()._write_config()
        text = path.read_text().replace(
            "AuthorizedKeysFile none", f"AuthorizedKeysFile {self.keys}"
        )
        path.write_text("\n".join(x for x in text.split("\n") if "TrustedUserCA" not in x))
        return path

    @property
    def keys(self) -> Path:
        return self._folder / "authorized_keys"


@dataclass
class Bench:
    """Everything that dialing needs."""

    folder: Path
    store: StoreWorker
    sealer: sealing.FileSealer
    alarms: list[HostKeyError] = field(default_factory=list)

    @property
    def access_ca(self) -> Path:
        return self.folder / "access_ca"

    @property
    def vault(self) -> Vault:
        return Vault(self.store, self.sealer)

    def dialer(self, **settings) -> Dialer:
        upstream = Upstream(**settings)
        authority = AccessAuthority(
            Keyring.of(keys.load(self.access_ca)),
            SystemClock(),
            seconds=upstream.certificate_seconds,
            source_addresses=upstream.source_addresses,
        )

        async def alarm(_authorization, error):
            self.alarms.append(error)

        return Dialer(authority.key_pair, upstream, self.vault, alarm)

    async def keep(self, name: str, kind: str, secret: bytes) -> None:
        """Store a credential."""
        row = Credential(
            name, kind, await self.sealer.seal(kind, name, secret), "", "", 1.0, "test"
        )
        assert await self.store.run(lambda store: store.credentials.add(row))

    async def dial(self, target: Target, login: str = ACCOUNT, **settings) -> UpstreamConnection:
        """A connection to *target*."""
        return await self.dialer(**settings).dial(authorized(target, login), "c1")

    async def says(self, target: Target, command: str = "echo in", **settings) -> str:
        """What a command prints there."""
        connection = await self.dial(target, **settings)
        try:
            return str((await connection.run(command, check=True)).stdout)
        finally:
            connection.close()
            await connection.wait_closed()


def authorized(target: Target, login: str = ACCOUNT) -> Authorization:
    identity = Identity("sub-1", "ann", frozenset(), 7, 2**40, "SHA256:x", "192.0.2.7")
    return Authorization(identity, target, Login(login), frozenset(Channel), ("g",))


@pytest.fixture
def bench(tmp_path):
    """A store, a sealing key and a host-access CA."""
    keys.create(tmp_path / "access_ca", "test")
    sealing.create_key(tmp_path / "sealing")
    store = StoreWorker(lambda: open_store(tmp_path / "bastion.db"))
    yield Bench(tmp_path, store, sealing.load(tmp_path / "sealing"))
    store.close()


@pytest.fixture
async def sshd(bench, tmp_path):
    """A real sshd that trusts the host-access CA."""
    server = await start_sshd(tmp_path / "host", bench.access_ca.with_suffix(".pub"))
    yield server
    await server.stop()


@pytest.fixture
async def keyed_sshd(bench, tmp_path):
    """A real sshd with authorized_keys."""
    access_ca = bench.access_ca.with_suffix(".pub")
    server = await start_sshd(tmp_path / "keyed", access_ca, KeyedSshd)
    yield server
    await server.stop()


@pytest.fixture
def other_key():
    """A public key that nobody has."""
    line = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    return " ".join(line.split()[:2])
