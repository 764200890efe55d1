"""The commands that carry the integration to a host."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from bastion.command.shell import bootstrap
from bastion.command.shell.bootstrap import (
    MAX_COMMAND,
    new_secret,
    shell_command,
    side_channel_command,
)

SCRIPTS = Path(bootstrap.__file__).parent
LOGIN_SHELLS = [
    shell
    for shell in ("sh", "dash", "bash", "zsh", "fish", "tcsh", "csh", "ksh", "mksh")
    if shutil.which(shell)
]


def test_secrets_differ():
    """No two sessions share a nonce, a token or a folder."""
    one, other = new_secret(), new_secret()
    assert not {one.nonce, one.token, one.folder} & {other.nonce, other.token, other.folder}


@pytest.mark.parametrize("shell", ["", "bash", "zsh", "fish"])
def test_a_command_is_one_plain_line(shell):
    """It holds nothing that some login shell reads in a way of its own."""
    text = shell_command(new_secret(), shell) if shell else side_channel_command(new_secret())
    assert len(text) < MAX_COMMAND
    assert not re.search(r"[\n!]|\\\\|\\'", text)
    assert text.count("'") == 2
    assert text.isascii()
    assert "@" not in re.sub(r"\$@|\[@\]|@P", "", text) or "@NONCE@" not in text


def test_the_side_channel_does_not_carry_the_token():
    """What stands in the process list of the host for a session's time cannot answer."""
    secret = new_secret()
    assert secret.token not in side_channel_command(secret)


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("bash*.sh")), ids=lambda one: one.name)
def test_variables_of_functions_are_named_like_ours(script):
    """Another name may be the person's, and readonly."""
    declared = re.findall(r"builtin local (.*)", script.read_text())
    words = (word.partition("=")[0] for line in declared for word in shlex.split(line))
    ours = ("__bastion_", "-", "||", "builtin", "return", "0", "fi")
    assert {word for word in words if not word.startswith(ours)} <= {"IFS", "LC_ALL"}


@pytest.mark.parametrize("login", LOGIN_SHELLS)
def test_every_login_shell_hands_it_on(login, tmp_path):
    """The side channel gets ready under any login shell, and removes its folder at the end."""
    secret = new_secret()
    side = subprocess.Popen(
        [shutil.which(login), "-c", side_channel_command(secret)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "SHELL": "/bin/bash"},
    )
    said = side.stdout.readline()
    rest, _ = side.communicate(timeout=10)
    assert said == f"{secret.nonce} READY bash\n".encode()
    assert rest == b""


@pytest.mark.parametrize("version", ["", "fish, version 3.1.2", "fish, version 4.0.1"])
def test_other_shells_are_not_integrated(tmp_path, version):
    """The side channel says so, and ends; neither is a fish that was not tried."""
    secret = new_secret()
    shell = tmp_path / "fish" if version else Path("/usr/bin/dash")
    if version:
        shell.write_text(f"#!/bin/sh\necho '{version}'\n")
        shell.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-c", side_channel_command(secret)],
        input=b"",
        capture_output=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "SHELL": str(shell)},
        check=True,
    )
    name = "this fish" if version else "dash"
    assert done.stdout == f"{secret.nonce} ABSENT {name} cannot be integrated\n".encode()
