"""A real OpenSSH server for tests, on a port of its own."""

import socket
from pathlib import Path

from bastion.demo.host.sshd import Sshd
from tests.servers.installed import require


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def start_sshd(folder: Path, access_ca: Path) -> Sshd:
    """An sshd that trusts *access_ca*, ready; the caller stops it."""
    require("sshd", "openssh-server")
    sshd = Sshd(folder, access_ca, free_port())
    await sshd.start()
    return sshd
