"""What is known of a session's shell, from one line to the next."""

import pytest

from bastion.command.extract import extract
from bastion.command.reading import UNKNOWN, Reading
from bastion.command.state import ShellState
from bastion.relay.clearance import resolved, shell_after
from bastion.verdict import Judgement, Verdict

FRESH = ShellState()
HERE = ("x",)
UNSEEN = (UNKNOWN,)


def after(state: ShellState, line: str, verdict: Verdict) -> ShellState:
    """The state once *line* was judged so."""
    return shell_after(state, extract(line, state), Judgement(verdict))


@pytest.mark.parametrize("verdict", [Verdict.ALLOW, Verdict.OPAQUE, Verdict.NOTIFY])
def test_a_line_that_runs_is_remembered(verdict):
    """With what it says, and what the lines before it said."""
    state = after(after(FRESH, "v=x", verdict), "w=$v; alias a=b; f() { c; }", verdict)
    assert state.values("v") == state.values("w") == (HERE,)
    assert (state.aliases["a"], state.functions["f"].strip(" {};")) == ("b", "c")


def test_a_line_that_is_blocked_leaves_no_trace():
    """It did not run."""
    state = after(FRESH, "v=x", Verdict.ALLOW)
    assert after(state, "v=y; alias a=b", Verdict.BLOCK) is state


def test_a_line_that_is_held_may_run_or_not():
    """So both are possible: the next line is judged with each."""
    state = after(after(FRESH, "v=x", Verdict.ALLOW), "v=y", Verdict.HOLD)
    assert set(state.values("v")) == {HERE, ("y",)}
    reading = extract("rm $v", state)
    assert {command.words[-1].text for command in reading.commands} == {"x", "y"}
    fresh = after(FRESH, "v=y", Verdict.HOLD)
    assert set(fresh.values("v")) == {("y",), UNSEEN}


@pytest.mark.parametrize("verdict", [Verdict.ALLOW, Verdict.HOLD])
def test_what_could_not_be_read_makes_all_uncertain(verdict):
    """It may have changed anything: a value that was known is one of several."""
    state = after(FRESH, "v=x", Verdict.ALLOW)
    state = shell_after(state, Reading("?", opaque="parser-timeout"), Judgement(verdict))
    assert not state.is_certain
    assert set(state.values("v")) == {HERE, UNSEEN}


def test_another_shell_makes_what_was_known_one_of_several():
    """Its prompt may be the next one."""
    state = after(after(FRESH, "v=x", Verdict.ALLOW), "bash", Verdict.OPAQUE)
    assert set(state.values("v")) == {HERE, UNSEEN}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cd /usr && nvidia-smi -r", ()),
        ("x=/usr; rm -rf $x", ("x=/usr", "rm -rf /usr")),
        ("bash -c 'rm -rf /usr'", ("bash -c rm -rf /usr", "rm -rf /usr")),
    ],
)
def test_an_approver_is_told_what_the_line_does_not_say_itself(text, told):
    """What is hidden in words and variables; nothing twice that stands there word for word."""
    assert resolved(text, extract(text)) == told
