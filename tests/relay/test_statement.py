"""Commands of several lines."""

import pytest

from bastion.relay.statement import Statement


def test_a_line_alone_is_the_whole():
    """Nothing was begun, so nothing is joined."""
    assert Statement().whole("ls", "$ ", "shell") == "ls"


def test_lines_are_joined_until_the_command_is_finished():
    """The shell's second prompt differs from its first."""
    statement = Statement()
    first = statement.whole("rm \\", "$ ", "shell")
    statement.keep(first, is_unfinished=True)
    second = statement.whole("-rf \\", "> ", "in-program")
    assert second == "rm \\\n-rf \\"
    statement.keep(second, is_unfinished=True)
    third = statement.whole("/x", "> ", "in-program")
    assert third == "rm \\\n-rf \\\n/x"
    statement.keep(third, is_unfinished=False)
    assert statement.whole("ls", "> ", "in-program") == "ls"


def test_a_command_that_was_given_up_hides_nothing():
    """After Ctrl-C the first prompt is back, and what is typed there stands for itself."""
    statement = Statement()
    statement.keep(statement.whole("echo '", "$ ", "shell"), is_unfinished=True)
    assert statement.whole("rm -rf /", "$ ", "shell") == "rm -rf /"


@pytest.mark.parametrize("where", ["full-screen", "no-echo", "exec"])
def test_what_is_no_shell_is_not_joined(where):
    """A key in an editor, a password, a command of its own."""
    statement = Statement()
    statement.keep(statement.whole("echo '", "$ ", "shell"), is_unfinished=True)
    assert statement.whole("secret", "> ", where) == "secret"
