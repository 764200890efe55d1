"""What is judged of a script, and what people see of it."""

import hashlib

import pytest

from bastion.command.intake import Intake
from bastion.command.parser import Parser
from bastion.policy import command_rules
from bastion.relay.script import Script
from bastion.rulepack import shipped_rules
from bastion.verdict import Judgement, Span, Verdict


@pytest.fixture(scope="module")
def rules():
    return command_rules.load(shipped_rules() / "commands")


@pytest.fixture
async def parser():
    parser = Parser(workers=1, deadline_seconds=2.0, max_bytes=16384)
    await parser.start()
    yield parser
    await parser.stop()


def whole(data: bytes, intake: Intake = Intake.SHELL) -> Script:
    return Script(data, intake, is_whole=True)


@pytest.mark.parametrize(
    ("script", "verdict", "rule"),
    [
        (whole(b"ls\necho a\n"), Verdict.ALLOW, ""),
        (whole(b"ls\ncat /etc/shadow\n"), Verdict.BLOCK, "read-password-hashes"),
        (whole(b"ls\ncat \\\n/etc/shadow\n"), Verdict.BLOCK, "read-password-hashes"),
        (whole(b"case x in\ncat /etc/shadow"), Verdict.BLOCK, "read-password-hashes"),
        (whole(b"ls )\n"), Verdict.HOLD, "opaque-script-unread"),
        (whole(b"$x -rf /\n"), Verdict.HOLD, "opaque-dynamic-command"),
        (whole(b"cat /etc/sha\0dow\n"), Verdict.HOLD, "opaque-control-characters"),
        (whole(b"mosh-server\n"), Verdict.BLOCK, "mosh-server"),
        (Script(b"ls\n", Intake.SHELL, is_whole=False), Verdict.HOLD, "opaque-script-part"),
        (whole(b"print()", Intake.FOREIGN), Verdict.OPAQUE, "opaque-foreign-script"),
        (Script(b"x", Intake.FOREIGN, is_whole=False), Verdict.HOLD, "opaque-script-part"),
        (whole(b"ls\n", Intake.HIDDEN), Verdict.HOLD, "opaque-script-hidden"),
    ],
)
async def test_a_script_is_judged_like_lines(parser, rules, script, verdict, rule):
    """Each command by the rules; what cannot be read, or may go on, by its own reason."""
    judgement = await script.judged(parser, rules)
    assert (judgement.verdict, judgement.rule) == (verdict, rule)


async def test_the_dangerous_part_is_found_far_down(parser, rules):
    """Offsets are those of the whole script."""
    script = whole(b"echo filling\n" * 1000 + b"cat /etc/shadow\n")
    judgement = await script.judged(parser, rules)
    assert [script.text[s.start : s.end] for s in judgement.dangerous] == ["cat /etc/shadow"]
    text, spans = script.shown(judgement)
    assert [text[s.start : s.end] for s in spans] == ["cat /etc/shadow"]
    assert "[line 1001] cat /etc/shadow" in text


def test_a_short_script_is_shown_as_it_is():
    """Nothing is added to what fits."""
    judgement = Judgement(Verdict.HOLD, dangerous=(Span(0, 2),))
    assert whole("ls é\n".encode()).shown(judgement) == ("ls é\n", (Span(0, 2),))


@pytest.mark.parametrize("data", [b"echo \xff\n", b"echo \0\n", b"x" * 100_000])
def test_what_is_not_shown_in_full_is_named_by_its_hash(data):
    """So an approval of what is shown is one of exactly these bytes."""
    text, _ = whole(data).shown(Judgement(Verdict.HOLD))
    assert hashlib.sha256(data).hexdigest() in text
    assert len(text) < 5000
    assert text.isprintable() or "\n" in text
