"""A real OpenSSH server for tests, on a port of its own."""

import itertools
import os
import secrets
import socket
from pathlib import Path

from bastion.demo.host.sshd import Sshd
from tests.servers.installed import require

# Below the ports that the kernel gives to clients, so that none of those takes one meanwhile; a
# part for each process of pytest-xdist, which would otherwise find the same one free.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_FIRST, _COUNT = 12000 + 2000 * (_WORKER % 10), 2000
_STEPS = itertools.count(secrets.randbelow(_COUNT))


def free_port() -> int:
    """A port that nothing listens on now, and that is not handed out again soon."""
    for step in _STEPS:
        port = _FIRST + step % _COUNT
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError


async def start_sshd(folder: Path, access_ca: Path, kind: type[Sshd] = Sshd) -> Sshd:
    """An sshd of that *kind* that trusts *access_ca*, ready; the caller stops it."""
    require("sshd", "openssh-server")
    sshd = kind(folder, access_ca, free_port())
    await sshd.start()
    return sshd
