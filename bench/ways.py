"""The ways to one host that are compared: direct, OpenSSH's ProxyJump, and through the bastion.

All four end at the same sshd. The baseline's jump is a second sshd on this machine, so that what
differs between ProxyJump and the bastion is the bastion.
"""

import contextlib
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bastion.demo.host.sshd import Sshd
from tests.servers.deployment import ACCOUNT, Deployment, deployed
from tests.servers.sshd import free_port


@dataclass(frozen=True)
class Way:
    """One way to the host: what to put behind `ssh`."""

    name: str
    arguments: tuple[str, ...]


@contextlib.asynccontextmanager
async def ways(folder: Path) -> AsyncIterator[list[Way]]:
    """The ways, while everything that they need runs."""
    async with deployed(folder) as deployment:
        jump = Sshd(folder / "jump", deployment.state.access_ca.with_suffix(".pub"), free_port())
        await jump.start()
        try:
            yield _ways(deployment, jump)
        finally:
            await jump.stop()


def _ways(deployment: Deployment, jump: Sshd) -> list[Way]:
    baseline = _baseline(deployment, jump)
    ours = tuple(deployment.options())
    return [
        Way("direct", ("-F", str(baseline), "direct")),
        Way("ProxyJump", ("-F", str(baseline), "jumped")),
        Way("bastion, ssh -J", (*ours, "gpu-01")),
        Way("bastion, login@host", (*ours, f"{ACCOUNT}@gpu-01@bastion")),
    ]


def _baseline(deployment: Deployment, jump: Sshd) -> Path:
    """An ssh_config for the same host without the bastion, with a certificate the host trusts."""
    folder = deployment.folder / "baseline"
    folder.mkdir()
    key = folder / "key"
    ca = str(deployment.state.access_ca)
    subprocess.run(["ssh-keygen", "-qt", "ed25519", "-N", "", "-f", str(key)], check=True)
    signing = ["ssh-keygen", "-qs", ca, "-I", "bench", "-n", ACCOUNT, "-V", "-1m:+1h"]
    subprocess.run([*signing, f"{key}.pub"], check=True)
    path = folder / "config"
    path.write_text(
        f"Host direct jumped\n  HostName 127.0.0.1\n  Port {deployment.sshd.port}\n"
        f"Host jumped\n  ProxyJump jump\n"
        f"Host jump\n  HostName 127.0.0.1\n  Port {jump.port}\n"
        f"Host *\n  User {ACCOUNT}\n  IdentityFile {key}\n  IdentitiesOnly yes\n"
        f"  IdentityAgent none\n  BatchMode yes\n  StrictHostKeyChecking no\n"
        f"  UserKnownHostsFile {folder}/known_hosts\n  LogLevel ERROR\n"
    )
    return path
