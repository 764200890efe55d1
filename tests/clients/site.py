"""The bastion that all clients come to, the host behind it, and what the record says of them."""

import asyncio
import contextlib
import os
import re
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bastion.demo.browser import approve_device
from bastion.demo.chat import DemoChat, Told
from bastion.demo.identity_provider.server import DemoProvider
from tests.servers.approver import decide
from tests.servers.deployment import ACCOUNT, RULES, Deployment
from tests.servers.echo import Echo
from tests.servers.identity import demo_provider
from tests.servers.plain_http import plain_http
from tests.servers.process import Ran, ended, run

HOST = "gpu-01"
ELSEWHERE = "gpu-99"
BLOCKED = "cat /etc/shadow"
ACCESS = f"""\
[[grant]]
id = "engineers"
groups = ["engineers"]
targets = ["gpu-*"]
logins = ["{ACCOUNT}"]
channels = ["shell", "exec", "sftp-read", "sftp-write", "forward", "forward-remote", "agent"]
forward = ["127.0.0.1:*"]
listen = ["localhost:*", "127.0.0.1:*"]
"""
_SECONDS = 40
_LINK = re.compile(rb"(http://127\.0\.0\.1:\d+/\S+)")
# Sign-ins that have just begun at one address are slowed down; here all clients share one.
_SSH = {"device_login": "link", "max_device_logins_by_address": 100}


@dataclass
class Site:
    """One bastion, an identity provider, and something to forward to.

    Attributes:
        key: a private key; its certificate stands beside it, as ssh wants it.
        ppk: the same with its certificate for PuTTY.
        told: what the approvers' chat was told.
        home: the home directory of every client.
        files: where clients have files of their own.
    """

    deployment: Deployment
    provider: DemoProvider
    echo: Echo
    told: asyncio.Queue[Told]
    folder: Path

    @property
    def key(self) -> Path:
        return self.deployment.folder / "ssh" / "engineer"

    @property
    def ppk(self) -> Path:
        return self.folder / "engineer.ppk"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def port(self) -> str:
        return str(self.deployment.ssh_port)

    @property
    def config(self) -> Path:
        return self.deployment.folder / "ssh" / "config"

    @property
    def host_key(self) -> str:
        """The bastion's own host key, one line."""
        line = (self.deployment.state.host_key).with_suffix(".pub").read_text()
        return " ".join(line.split()[:2])

    @property
    def fingerprint(self) -> str:
        """That key's fingerprint."""
        told = _output("ssh-keygen", "-lf", "-", input_=self.host_key.encode())
        return told.split()[1]

    def environment(self, **more: str) -> dict[str, str]:
        """What a client's process has; no agent of whoever runs the tests."""
        kept = {name: value for name, value in os.environ.items() if name != "SSH_AUTH_SOCK"}
        return {**kept, "HOME": str(self.home), "LC_ALL": "C.UTF-8", **more}

    def prepare(self) -> None:
        """The files that clients of other makers want."""
        (self.home / ".ssh").mkdir(parents=True, mode=0o700)
        names = ["127.0.0.1", f"[127.0.0.1]:{self.port}", HOST, ELSEWHERE]
        lines = "".join(f"{name} {self.host_key}\n" for name in names)
        (self.home / ".ssh" / "known_hosts").write_text(lines)
        self.files.mkdir()
        lasting = self.deployment.certify(valid_before=int(time.time()) + 3600)
        for suffix in ("", ".pub", "-cert.pub"):
            Path(f"{lasting}{suffix}").rename(f"{self.key}{suffix}")
        certificate = f"{self.key}-cert.pub"
        _output(
            "puttygen",
            str(self.key),
            "-O",
            "private",
            "--certificate",
            certificate,
            "-o",
            str(self.ppk),
        )
        authorities = self.home / ".putty" / "sshhostcas"
        authorities.mkdir(parents=True)
        host_ca = self.deployment.state.host_ca.with_suffix(".pub").read_text().split()[1]
        (authorities / "bastion").write_text(f"PublicKey={host_ca}\nValidity=*\n")

    async def run(
        self,
        argv: Sequence[str],
        *,
        input_: bytes | None = None,
        seconds: float = _SECONDS,
        **environment: str,
    ) -> Ran:
        """Run a client to its end; whoever waits for a sign-in is let in."""
        return await run(
            *argv,
            input_=input_,
            seconds=seconds,
            environment=self.environment(**environment),
            folder=self.files,
        )

    @contextlib.asynccontextmanager
    async def background(self, argv: Sequence[str]) -> AsyncIterator[asyncio.subprocess.Process]:
        """A client that goes on until it is ended."""
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self.environment(),
            cwd=self.files,
        )
        try:
            yield process
        finally:
            await ended(process)

    async def approves(self) -> None:
        """Let in what the chat asks for next."""
        async with asyncio.timeout(_SECONDS):
            link = (await self.told.get()).url
        await decide(link, self.provider.password, "approve")

    async def signs_in(self, argv: Sequence[str]) -> Ran:
        """Run a client that has no certificate, and sign in at the page that it shows."""
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self.environment(),
        )
        assert process.stdout is not None
        shown = b""
        try:
            async with asyncio.timeout(_SECONDS):
                while not (found := _LINK.search(shown)):
                    more = await process.stdout.read(4096)
                    assert more, shown
                    shown += more
                async with plain_http() as http:
                    link = found[0].decode()
                    await approve_device(http, link, "engineer", self.provider.password)
                shown += await process.stdout.read()
                return Ran(await process.wait(), shown, b"")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    def sessions(self) -> int:
        """How many sessions have a record."""
        store = self.deployment.store()
        try:
            return len(store.sessions.latest(10_000))
        finally:
            store.close()

    def deeds(self) -> set[tuple[str, str]]:
        """What was read and written, by the record: path and SHA-256."""
        store = self.deployment.store()
        try:
            return {
                (deed.path, deed.read_sha256 or deed.written_sha256)
                for summary in store.sessions.latest(10_000)
                for deed in store.files.of(summary.session.id)
            }
        finally:
            store.close()


@contextlib.asynccontextmanager
async def client_site(folder: Path) -> AsyncIterator[Site]:
    """A running site in *folder*."""
    (folder / "echo").mkdir()
    (folder / "bastion").mkdir()
    (folder / "bastion" / "chat_secret").write_text("clients")
    told: asyncio.Queue[Told] = asyncio.Queue()
    chat = DemoChat(b"clients", told.put_nowait)
    await chat.start()
    async with demo_provider(folder / "provider") as provider, Echo(folder / "echo") as echo:
        deployment = Deployment(
            folder / "bastion",
            issuer=provider.issuer,
            client_id=provider.client_id,
            settings={
                "ssh": _SSH,
                "chat": {"webhook_url": chat.url, "webhook_secret_file": "chat_secret"},
            },
        )
        await deployment.prepare()
        (deployment.folder / "rules" / "access.toml").write_text(ACCESS)
        (deployment.folder / "rules" / "files.toml").symlink_to(RULES / "files.toml")
        site = Site(deployment, provider, echo, told, folder)
        try:
            site.prepare()
            await deployment.start()
            yield site
        finally:
            await deployment.stop()
            await chat.stop()


def _output(*argv: str, input_: bytes = b"") -> str:
    return subprocess.run(argv, input=input_, check=True, capture_output=True).stdout.decode()
