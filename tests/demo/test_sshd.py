"""The demo's sshd."""

import os
import select
import subprocess
import sys

from tests.servers.sshd import free_port

START = """
import asyncio, sys
from pathlib import Path
from bastion.demo.host.sshd import Sshd

async def main():
    sshd = Sshd(Path(sys.argv[1]), Path("none"), int(sys.argv[2]))
    await sshd.start()
    print(sshd._process.pid, flush=True)
    sys.stdin.read()

asyncio.run(main())
"""


def test_it_ends_with_who_is_killed(tmp_path):
    """So that the port is free for the next one."""
    with subprocess.Popen(
        [sys.executable, "-c", START, tmp_path, str(free_port())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as starter:
        sshd = os.pidfd_open(int(starter.stdout.readline()))
        starter.kill()
        starter.wait()
    ended, _, _ = select.select([sshd], [], [], 20)
    os.close(sshd)
    assert ended == [sshd]
