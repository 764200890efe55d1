"""The guards are for the asyncssh that is installed, and each is tested from both sides."""

from importlib.metadata import requires, version
from pathlib import Path

import pytest

import bastion.guards

GUARDS = sorted(path.stem for path in Path(bastion.guards.__file__).parent.glob("[!_]*.py"))
HERE = Path(__file__).parent
NEEDED = "_the_stock_code_still_needs_the_guard("


@pytest.mark.parametrize("guard", GUARDS)
def test_each_guard_is_tested_from_both_sides(guard):
    """That it works, and that asyncssh without it does not: so a new asyncssh fails one of them."""
    tests = (HERE / f"test_{guard}.py").read_text()
    assert NEEDED in tests
    assert tests.count("def test_") > tests.count(NEEDED)


@pytest.mark.parametrize("guard", GUARDS)
def test_each_guard_is_named_in_the_table(guard):
    """The package says what each is for."""
    assert f"    {guard} " in (bastion.guards.__doc__ or "")


def test_asyncssh_is_held_at_the_version_that_the_guards_were_written_for():
    """The guards use private doors, which may be others in the next minor version."""
    held = [line for line in requires("bastion") or () if line.startswith("asyncssh")]
    assert held
    assert "<2.25" in held[0]
    assert version("asyncssh").startswith("2.24.")
