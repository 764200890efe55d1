"""Commands of several lines."""

import pytest

from bastion.relay.line import Line
from bastion.relay.statement import Statement


def line(text, prompt, where):
    return Line(text, (), where, prompt)


def test_a_line_alone_is_the_whole():
    """Nothing was begun, so nothing is joined."""
    assert Statement().whole(line("ls", "$ ", "shell")).text == "ls"


def test_lines_are_joined_until_the_command_is_finished():
    """The shell's second prompt differs from its first."""
    statement = Statement()
    first = statement.whole(line("rm \\", "$ ", "shell"))
    statement.keep(first, is_unfinished=True, is_let=True)
    second = statement.whole(line("-rf \\", "> ", "in-program"))
    assert second.text == "rm \\\n-rf \\"
    statement.keep(second, is_unfinished=True, is_let=True)
    third = statement.whole(line("/x", "> ", "in-program"))
    assert third.text == "rm \\\n-rf \\\n/x"
    statement.keep(third, is_unfinished=False, is_let=True)
    assert statement.whole(line("ls", "> ", "in-program")).text == "ls"


def test_a_command_that_was_given_up_hides_nothing():
    """After Ctrl-C the first prompt is back, and what is typed there stands for itself."""
    statement = Statement()
    statement.keep(statement.whole(line("echo '", "$ ", "shell")), is_unfinished=True, is_let=True)
    assert statement.whole(line("rm -rf /", "$ ", "shell")).text == "rm -rf /"


@pytest.mark.parametrize(("is_let", "others"), [(True, ("dan\\\nger",)), (False, ())])
def test_a_line_at_the_same_prompt_may_be_the_rest(is_let, others):
    """Who makes the second prompt like the first hides nothing; what was stopped has no rest."""
    statement = Statement()
    begun = statement.whole(line("dan\\", "$ ", "shell"))
    statement.keep(begun, is_unfinished=True, is_let=is_let)
    rest = statement.whole(line("ger", "$ ", "shell"))
    assert (rest.text, rest.others) == ("ger", others)


@pytest.mark.parametrize("where", ["no-echo", "exec"])
def test_what_is_no_shell_is_not_joined(where):
    """A password, a command of its own."""
    statement = Statement()
    statement.keep(statement.whole(line("echo '", "$ ", "shell")), is_unfinished=True, is_let=True)
    assert statement.whole(line("secret", "> ", where)).text == "secret"


@pytest.mark.parametrize("where", ["shell", "in-program", "full-screen"])
def test_the_rest_of_a_command_is_a_shells_wherever_it_stands(where):
    """A second prompt looks like nothing that is known; in tmux it stands on a full screen."""
    statement = Statement()
    statement.keep(statement.whole(line("cat \\", "$ ", "shell")), is_unfinished=True, is_let=True)
    whole = statement.whole(Line("/etc/shadow", ("shadow",), where, "> "))
    assert (whole.text, whole.where) == ("cat \\\n/etc/shadow", "shell")
    assert whole.others == ("/etc/shadow", "shadow")
