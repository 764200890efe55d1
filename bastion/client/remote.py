"""Runs a command of the bastion itself, by the stock ssh: `ssh BASTION -- request …`.

What always holds: the certificate that ssh shows is all the proof that is given; every word arrives
as it is, because the other side splits them as a shell does. What it does not do: understand the
answer; it goes where ssh's output goes.
"""

import shlex
import shutil
import subprocess
from collections.abc import Sequence

from bastion.client.folder import Folder
from bastion.client.standing import recall
from bastion.errors import ClientError


def run_there(folder: Folder, words: Sequence[str]) -> int:
    """The exit code of the command of *words* at the bastion; raises ClientError."""
    name = recall(folder).about.ssh.name
    program = shutil.which("ssh")
    if program is None:
        raise ClientError("there is no ssh on this machine")
    if not folder.ssh_config.exists():
        raise ClientError("nobody is logged in; run `bastion login`")
    command = [program, "-F", str(folder.ssh_config), "-T", "--", name, shlex.join(words)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
    return done.returncode
