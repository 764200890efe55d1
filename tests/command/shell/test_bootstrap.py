"""The commands that carry the integration to a host."""

import re
import shutil
import subprocess

import pytest

from bastion.command.shell.bootstrap import (
    MAX_COMMAND,
    new_secret,
    shell_command,
    side_channel_command,
)

LOGIN_SHELLS = [
    shell
    for shell in ("sh", "dash", "bash", "zsh", "fish", "tcsh", "csh", "ksh", "mksh")
    if shutil.which(shell)
]


def test_secrets_differ():
    """No two sessions share a nonce, a token or a folder."""
    one, other = new_secret(), new_secret()
    assert not {one.nonce, one.token, one.folder} & {other.nonce, other.token, other.folder}


@pytest.mark.parametrize("command", [side_channel_command, shell_command])
def test_a_command_is_one_plain_line(command):
    """It holds nothing that some login shell reads in a way of its own."""
    text = command(new_secret())
    assert len(text) < MAX_COMMAND
    assert not re.search(r"[\n!]|\\\\|\\'", text)
    assert text.count("'") == 2
    assert text.isascii()
    assert "@" not in re.sub(r"\$@|\[@\]|@P", "", text) or "@NONCE@" not in text


def test_the_side_channel_does_not_carry_the_token():
    """What stands in the process list of the host for a session's time cannot answer."""
    secret = new_secret()
    assert secret.token not in side_channel_command(secret)


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


def test_other_shells_are_not_integrated(tmp_path):
    """The side channel says so, and ends."""
    secret = new_secret()
    done = subprocess.run(
        ["/bin/sh", "-c", side_channel_command(secret)],
        input=b"",
        capture_output=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "SHELL": "/usr/bin/fish"},
        check=True,
    )
    assert done.stdout == f"{secret.nonce} ABSENT fish cannot be integrated\n".encode()
