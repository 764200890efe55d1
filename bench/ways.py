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
from tests.servers.deployment import ACCOUNT, RULES, Deployment
from tests.servers.sshd import free_port

_ACCESS = (
    f'[[grant]]\nid = "engineers"\ngroups = ["engineers"]\ntargets = ["gpu-*"]\n'
    f'logins = ["{ACCOUNT}"]\nchannels = ["shell", "exec", "sftp-read", "sftp-write"]\n'
)
_CERTIFICATE_SECONDS = 6 * 3600  # the big files alone take a quarter of an hour
_SETTINGS = {
    "limits": {"max_channels": 128},  # more than the usual, for many commands at once
}


@dataclass(frozen=True)
class Way:
    """One way to the host.

    Attributes:
        options: for ssh, scp and sftp.
        host: as it is called on this way.
    """

    name: str
    options: tuple[str, ...]
    host: str

    @property
    def arguments(self) -> tuple[str, ...]:
        """What to put behind `ssh`."""
        return (*self.options, self.host)


class BareSshd(Sshd):
    """An sshd whose shells do not read the account's ~/.bashrc, which would be measured too."""

    def _write_config(self) -> Path:
        path = super()._write_config()
        with path.open("a") as config:
            config.write("SetEnv SHLVL=1\n")  # to bash, this is no login
        return path


@contextlib.asynccontextmanager
async def ways(folder: Path, *, file_rules: bool = False) -> AsyncIterator[list[Way]]:
    """The ways, while everything that they need runs; with *file_rules*, those that ship count."""
    deployment = Deployment(
        folder,
        settings=_SETTINGS,
        is_installed=True,
        certificate_seconds=_CERTIFICATE_SECONDS,
    )
    await deployment.prepare()
    rules = folder / "rules"
    (rules / "access.toml").write_text(_ACCESS)
    if file_rules:
        (rules / "files.toml").symlink_to(RULES / "files.toml")
    access_ca = deployment.state.access_ca.with_suffix(".pub")
    await deployment.sshd.stop()
    deployment.sshd = BareSshd(folder / "host", access_ca, deployment.sshd.port)
    jump = BareSshd(folder / "jump", access_ca, free_port())
    try:
        await deployment.sshd.start()
        await deployment.start()
        await jump.start()
        yield _ways(deployment, jump)
    finally:
        await jump.stop()
        await deployment.stop()


def _ways(deployment: Deployment, jump: Sshd) -> list[Way]:
    baseline = ("-F", str(_baseline(deployment, jump)))
    ours = tuple(deployment.options())
    return [
        Way("direct", baseline, "direct"),
        Way("ProxyJump", baseline, "jumped"),
        Way("bastion, ssh -J", ours, "gpu-01"),
        Way("bastion, login@host", ours, f"{ACCOUNT}@gpu-01@bastion"),
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
