"""What is known of a session's shell, from one line to the next."""

import pytest

from bastion.command.extract import extract
from bastion.command.reading import UNKNOWN, Reading
from bastion.command.shell.fish_line import in_posix
from bastion.command.state import ShellState
from bastion.policy import command_rules
from bastion.relay.clearance import Clearance, resolved, shell_after
from bastion.relay.line import SHELL, STEP, Line, sent
from bastion.store.rows import Command
from bastion.verdict import Judgement, Verdict
from tests.servers.deployment import RULES

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


class Kept:
    """A journal that nobody reads."""

    session = None

    async def judged(self, text, source, decided):
        return Command("c", "s", 0.0, source, text, str(decided.verdict), decided.rule, "")

    async def audit(self, _code, **_details):
        pass


class Here:
    """Reads without a worker."""

    async def read(self, text, *, state=None, is_raw=False):
        return extract(text, state, is_raw=is_raw)


@pytest.fixture(scope="module")
def rules():
    return command_rules.load(RULES / "commands")


@pytest.fixture
def clearance(rules):
    return Clearance(Here(), lambda: rules, None, Kept(), lambda *_: None)


def of_fish(text, source=SHELL):
    return Line(text, (), "shell", source=source, meant=in_posix(text))


@pytest.mark.parametrize(
    ("text", "verdict", "rule"),
    [
        ("for x in a b; echo (count $x); end", Verdict.ALLOW, ""),
        ("echo 'don\\'t'", Verdict.ALLOW, ""),
        ("if true; rm -rf /usr; end", Verdict.BLOCK, "wipe-system"),
        ("echo (rm -rf /usr)", Verdict.BLOCK, "wipe-system"),
        ("$x 1", Verdict.HOLD, "opaque-dynamic-command"),
        ("end", Verdict.HOLD, "opaque-dynamic-command"),
    ],
)
@pytest.mark.parametrize("source", [SHELL, STEP])
async def test_a_line_of_another_grammar_is_judged_by_what_it_means(
    clearance, text, verdict, rule, source
):
    """That it cannot be parsed as it stands says nothing."""
    judgement = (await clearance.judge(of_fish(text, source))).judgement
    assert (judgement.verdict, judgement.rule) == (verdict, rule)


async def test_of_a_line_of_another_grammar_rules_may_speak_as_it_stands(clearance):
    """They say where in it, too; what is put wrong hides nothing that they know."""
    line = Line("true; rm -rf /usr", (), "shell", source=SHELL, meant="true")
    judgement = (await clearance.judge(line)).judgement
    assert (judgement.rule, judgement.dangerous[0].start) == ("wipe-system", 6)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("echo (rm -rf /usr)", Verdict.BLOCK),
        ("true; and rm -rf /usr", Verdict.BLOCK),
        ("for x in a; do echo `date` 'b\\'; done", Verdict.ALLOW),
        ("(cd /tmp && ls) | { cat; }", Verdict.ALLOW),
    ],
)
async def test_what_is_sent_to_a_shell_that_is_not_known_may_be_fish(clearance, text, verdict):
    """Of that, rules may speak: other shells refuse it, or know no such command."""
    for line in (sent(text), Line(text, (), "shell")):
        assert (await clearance.judge(line)).judgement.verdict is verdict


async def test_what_its_shell_runs_has_no_error(clearance):
    """So the error came of putting it otherwise, and it was not seen."""
    line = Line("x", (), "shell", source=SHELL, meant="echo >")
    assert (await clearance.judge(line)).judgement.rule == "opaque-unparsable"


async def test_what_was_set_in_another_grammar_is_never_known_for_sure(clearance):
    """That has more ways to set a variable than are read."""
    await clearance.judge(of_fish("export x=ls"))
    await clearance.judge(of_fish("string match -rq '(?<x>cat)' cat"))
    assert (await clearance.judge(of_fish("$x"))).judgement.rule == "opaque-dynamic-command"
