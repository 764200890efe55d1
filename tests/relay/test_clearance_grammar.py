"""Lines of a shell with a grammar of its own are judged by what they mean to it."""

import pytest
import pytest_asyncio

from bastion.command.parser import Parser
from bastion.command.shell.fish_line import in_posix
from bastion.policy import command_rules
from bastion.relay.clearance import Clearance
from bastion.relay.journal import Opening
from bastion.relay.line import SHELL, STEP, Line, sent
from bastion.verdict import Verdict
from tests.relay.test_forward import HELD, Bench
from tests.servers.deployment import RULES

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parser():
    parser = Parser(workers=1, deadline_seconds=2.0, max_bytes=16384)
    await parser.start()
    yield parser
    await parser.stop()


@pytest.fixture(scope="module")
def rules():
    return command_rules.load(RULES / "commands")


@pytest_asyncio.fixture(loop_scope="module")
async def clearance(parser, rules, tmp_path):
    """Of a session that holds nothing, and tells nobody."""
    bench = Bench(tmp_path)
    journal = await bench.journals.open(HELD, Opening("shell"))
    yield Clearance(parser, lambda: rules, None, journal, lambda *_: None)
    await journal.close("exit", None)
    bench.store.close()


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


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("echo one", True),
        ("$x; a=1", True),
        ("f() { echo one; }", True),
        ("", False),
        ("  # echo one", False),
        ("echo )", False),
        ("echo >", False),
        ("fi", False),
        ("echo 'one", False),
        ("cat <<E", False),
        ("!!", True),
    ],
)
async def test_of_what_a_shell_runs_nothing_by_itself_nothing_is_told(clearance, text, runs):
    """A comment, an error, a row of a line; bash shows no prompt behind what it has not found."""
    assert await clearance.would_run(text) is runs
