"""That one demo at a time runs in a folder."""

import subprocess
import sys

import pytest

from bastion.demo.running import running_alone
from bastion.errors import ConfigError

HOLD = """
import sys
from pathlib import Path
from bastion.demo.running import running_alone
with running_alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_who_was_killed_keeps_nobody_out(tmp_path):
    """While it lives it does."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(ConfigError, match="a demo runs there already"), running_alone(tmp_path):
            pass
        other.kill()
        other.wait()
        with running_alone(tmp_path):
            pass


def test_a_folder_that_cannot_be_used_is_named(tmp_path):
    """With the cause, in words."""
    expected = pytest.raises(ConfigError, match="none/lock: cannot be written: No such file")
    with expected, running_alone(tmp_path / "none"):
        pass
