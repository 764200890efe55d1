"""The command line as a whole: every command has its help, completes, and is imported alone."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from bastion.cli.app import app
from tests.servers.deployment import run


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, TyperGroup):
        context = typer.Context(command)
        for name in command.list_commands(context):
            yield from _commands(command.get_command(context, name), (*path, name))


COMMANDS = list(_commands(get_command(app)))


async def bastion(*arguments: str, **setting: str):
    """Run the command line to its end."""
    given = [f"{name}={value}" for name, value in {"COLUMNS": "100", **setting}.items()]
    script = str(Path(sys.executable).with_name("bastion"))  # completion is for this name alone
    return await run("env", "NO_COLOR=1", *given, script, *arguments)


async def completed(words: str) -> list[str]:
    """What the shell offers after *words*, as the completion script asks for it."""
    at = str(len(words.split(" ")) - 1)
    ran = await bastion(_BASTION_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=at)
    assert ran.err == b""
    return ran.out.decode().split()


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help(path):
    """By both options: what it does, in the second line, and examples; no marks of its source."""
    for option in ("--help", "-h"):
        told = CliRunner().invoke(app, [*path, option])
        assert told.exit_code == 0
        usage, _, does = told.stdout.strip().partition("\n")
        assert usage.split("[")[0].split() == ["Usage:", "bastion", *path]
        assert does.strip()
        assert " ".join(("For example: bastion", *path)) in " ".join(does.split())
        assert "\\" not in does, "a mark of the help's source is shown"


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_examples_stand_below_each_other(path):
    """Each in a line of its own, indented, on a terminal of 80 columns, with nothing between."""
    told = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "80", "NO_COLOR": "1"})
    _, _, rest = told.stdout.partition("\n For example:")
    examples = rest.partition("╭")[0].strip().split("\n")
    assert all(line.startswith("bastion ") for line in map(str.strip, examples))
    shown = told.stdout.split("\n")
    assert all(f"     {line.strip()}" in {row.rstrip() for row in shown} for line in examples)


def test_what_stands_in_brackets_is_shown():
    """It is no markup."""
    assert "[upstream.sealing]" in CliRunner().invoke(app, ["keys", "reseal", "--help"]).stdout
    assert "[ADDRESS]:PORT" in CliRunner().invoke(app, ["hosts", "scan", "--help"]).stdout


def test_the_groups_are_there():
    """So that the test above looks at what it should."""
    assert {("status",), ("rules", "check"), ("ca", "rotate"), ("config", "check")} <= {*COMMANDS}


async def test_a_command_that_is_none_is_wrong_usage():
    """Exit code 2, and what was meant."""
    for given, meant in ((["statsu"], "status"), (["rules", "chek"], "check")):
        ran = await bastion(*given)
        assert ran.status == 2
        assert f"No such command '{given[-1]}'. Did you mean '{meant}'?".encode() in ran.err
        assert ran.out == b""
    ran = await bastion("nosuch")
    assert (ran.status, b"No such command 'nosuch'." in ran.err) == (2, True)


async def test_the_shell_completes():
    """Commands, those of a group, and the options of both."""
    assert await completed("bastion lo") == ["login", "logout", "lock", "locks"]
    assert await completed("bastion rules ch") == ["check"]
    assert {"--server", "--browser"} <= set(await completed("bastion login --"))
    assert {"--json", "--help"} <= set(await completed("bastion rules test --"))


_SERVER = ("apprise", "starlette", "uvicorn", "textual", "bastion.demo", "bastion.serve")


@pytest.mark.parametrize(
    ("words", "says", "strange"),
    [
        ("status --dir {}", b"nobody has logged in here", ()),
        ("health --config {}/none", b"No such file", ("asyncssh", "sqlite_utils")),
        ("requests --config {}/none", b"No such file", ("asyncssh", "httpx")),
    ],
)
async def test_a_command_does_not_wait_for_what_others_need(tmp_path, words, says, strange):
    """What only serving, pages and replay need is not imported, nor what it has no use for."""
    given = words.format(tmp_path).split()
    ran = await run(sys.executable, "-X", "importtime", "-m", "bastion", *given)
    lines = ran.err.decode().splitlines()
    names = [line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")]
    assert says in ran.err  # it was the command that ran
    assert [name for name in names if name.startswith((*_SERVER, *strange))] == []
