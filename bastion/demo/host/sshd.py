"""Runs a real OpenSSH server on loopback, as the user who starts it.

What always holds: it listens on loopback only, knows no password and no authorized_keys, and lets
in only certificates of the bastion's host-access CA. What it does not do: survive us; it is ended
by its own process id, and on Linux by the system where we are killed.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from bastion.errors import ClientError

_CONFIG = """\
# Written by `bastion quickstart`: a demo host on loopback.
Port {port}
ListenAddress 127.0.0.1
HostKey {host_key}
TrustedUserCAKeys {access_ca}
AuthorizedKeysFile none
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
PidFile none
Subsystem sftp internal-sftp
PrintMotd no
AcceptEnv LANG LC_* COLORTERM NO_COLOR BASTION_*
MaxSessions 100
X11Forwarding yes
LogLevel {log_level}
"""
_PRIVILEGE_SEPARATION = Path("/run/sshd")  # Debian's sshd wants it when root starts it
_READY_SECONDS = 10.0
# prctl(PR_SET_PDEATHSIG, SIGTERM) outlives exec: who starts the program takes it along.
_TIED = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 15); os.execv(sys.argv[1], sys.argv[1:])"
)


def find_sshd() -> str | None:
    """The path of OpenSSH's server; None where it is not installed."""
    return shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")


def _tied(*command: str) -> tuple[str, ...]:
    """*command* so that it ends when we do, as far as the system can do that."""
    if sys.platform != "linux":
        return command
    return (sys.executable, "-I", "-S", "-c", _TIED, *command)


class Sshd:
    """One OpenSSH server, with its files in *folder*.

    Attributes:
        port: where it listens.
        host_key: its public host key, one line.
    """

    def __init__(self, folder: Path, access_ca: Path, port: int) -> None:
        self._folder, self._access_ca = folder, access_ca
        self._process: asyncio.subprocess.Process | None = None
        self.port = port
        self.host_key = self._make_host_key()

    @property
    def log(self) -> Path:
        """What sshd says."""
        return self._folder / "sshd.log"

    async def start(self) -> None:
        """Start and wait until it answers; raises ClientError with what sshd said."""
        sshd = find_sshd()
        if sshd is None:
            raise ClientError("there is no sshd; install the Debian package openssh-server")
        config = self._write_config()
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *_tied(sshd, "-D", "-e", "-f", str(config)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        await self._ready(self._process)

    async def stop(self) -> None:
        """End it and every session it has."""
        if self._process is None or self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        await self._process.wait()

    async def _ready(self, process: asyncio.subprocess.Process) -> None:
        # It says when it listens, but into a file, which has no event; through a pipe it would
        # stand still whenever nobody reads. So its port is asked.
        async with asyncio.timeout(_READY_SECONDS):
            while process.returncode is None:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    await writer.wait_closed()
                    return
                await asyncio.sleep(0.02)
        raise ClientError(f"sshd did not start: {self.log.read_text()[-300:].strip()}")

    def _write_config(self) -> Path:
        if os.geteuid() == 0:
            _PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        path = self._folder / "sshd_config"
        path.write_text(
            _CONFIG.format(
                port=self.port,
                host_key=self._folder / "host_key",
                access_ca=self._access_ca,
                log_level="VERBOSE",
            )
        )
        return path

    def _make_host_key(self) -> str:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / "host_key"
        if not path.exists():
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)],
                check=True,
            )
        return " ".join(path.with_suffix(".pub").read_text().split()[:2])
