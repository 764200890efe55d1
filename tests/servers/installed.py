"""What the machine must have for the tests; without it a test fails, it is never skipped."""

import shutil

import pytest


def require(program: str, package: str) -> str:
    """The path of *program*; fails the test with the command that installs it."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.fail(f"{program} is missing; run as root: apt-get install {package}")
    return found
