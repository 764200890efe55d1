"""Commands that stand in a place of their own among another's words."""

import pytest

from bastion.command.inner_commands import named, of, supposed
from bastion.command.reading import UNKNOWN, SimpleCommand
from bastion.command.tokens import split


def command(text: str) -> SimpleCommand:
    (found,) = split(text)
    return found


def texts(words) -> list[str]:
    return [word.text for word in words]


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("find /a -name x -exec rm {} +", ["rm", f"/a/{UNKNOWN}x"]),
        ("find /a -name rm -type f", []),
        ("fd -e py . a -x wc", ["wc", f"a/{UNKNOWN}.py"]),
        ("python -u x.py a", ["x.py", "a"]),
        ("python -c x rm -rf", []),
        ("start-stop-daemon -S -x /bin/rm -- -r x", ["/bin/rm", "-r", "x"]),
        ("start-stop-daemon -Sbx rm x", ["rm", "x"]),
        ("start-stop-daemon --start --exec=rm", ["rm"]),
        ("start-stop-daemon --start --startas a --exec b -- c", ["a", "c"]),
        ("start-stop-daemon --stop --exec rm", []),
        ("start-stop-daemon --start", []),
    ],
)
def test_a_program_that_has_a_way_of_its_own(text, inner):
    """Its command is found, or it runs none."""
    found = command(text)
    assert texts(of(found.words, found.program)) == inner


def test_others_have_none():
    """Which is told apart from a program that runs nothing."""
    assert of(command("retry rm x").words, "retry") is None


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("tool rm -rf x", ["rm", "-rf", "x"]),
        ("tool -p a -- /bin/rm --force x", ["/bin/rm", "--force", "x"]),
        ("tool bash -lc id", ["bash", "-lc", "id"]),
        ("tool dd if=a of=b", ["dd", "if=a", "of=b"]),
        ("tool rm x", []),
        ("tool bash --version", []),
        ("tool dd -h", []),
        ("tool rm", []),
        ("echo rm -rf x", []),
        ("man rm -k", []),
        ("git rm -r x", []),
    ],
)
def test_what_a_program_is_handed_of_which_nothing_is_known(text, inner):
    """It runs what is called as a command that destroys, or as a shell; who takes text does not."""
    found = command(text)
    assert texts(supposed(found.words, found.program)) == inner


def test_a_command_is_found_by_its_name():
    """Behind a verb or an option, whatever stands between."""
    assert texts(named(command("bwrap --bind / / rm x").words)) == ["rm", "x"]
    assert named(command("bwrap rm").words) == ()
