"""A reading is judged by all rules, the strictest counts."""

import pytest

from bastion.command.extract import extract
from bastion.command.reading import Reading
from bastion.policy.judge import judge
from bastion.verdict import Verdict

RULES = """
[[rule]]
id = "held"
verdict = "hold"
message = "Held."
approvers = ["security"]
programs = ["held", "both"]
examples = [{ command = "held", verdict = "hold" }]

[[rule]]
id = "blocked"
verdict = "block"
message = "Blocked."
programs = ["blocked", "both"]
examples = [{ command = "blocked", verdict = "block" }]

[[rule]]
id = "marked"
verdict = "opaque"
message = "Marked."
programs = ["marked"]
examples = [{ command = "marked", verdict = "opaque" }]

[[rule]]
id = "held-too"
verdict = "hold"
message = "Held too."
programs = ["held", "later"]
examples = [{ command = "held", verdict = "hold" }]
"""
OPAQUE = """
[[opaque]]
reason = "*"
verdict = "hold"
message = "Unknown."
[[opaque]]
reason = "unparsable"
verdict = "block"
message = "Cannot be parsed."
[[opaque]]
reason = "in-program"
verdict = "allow"
message = "In a program."
[[opaque]]
reason = "no-echo"
verdict = "allow"
message = "Not shown."
"""


@pytest.fixture
def rules(rules_of):
    return rules_of(RULES, OPAQUE)


@pytest.mark.parametrize(
    ("text", "verdict", "rule"),
    [
        ("", Verdict.ALLOW, ""),
        ("ls", Verdict.ALLOW, ""),
        ("marked", Verdict.OPAQUE, "marked"),
        ("held", Verdict.HOLD, "held"),
        ("later; held", Verdict.HOLD, "held-too"),
        ("both", Verdict.BLOCK, "blocked"),
        ("ls; marked; held; blocked", Verdict.BLOCK, "blocked"),
        ("sudo sh -c 'held'", Verdict.HOLD, "held"),
        ("held )", Verdict.BLOCK, "opaque-unparsable"),
        ("blocked )", Verdict.BLOCK, "blocked"),
        ("$x", Verdict.HOLD, "opaque-dynamic-command"),
        ("held; $x", Verdict.HOLD, "held"),
    ],
)
def test_the_strictest_counts_and_the_first_of_equals(rules, text, verdict, rule):
    """Block beats hold beats opaque beats allow."""
    judgement = judge(rules, extract(text))
    assert (judgement.verdict, judgement.rule) == (verdict, rule)


def test_the_judgement_tells_why_and_where(rules):
    """The sentence, the approvers and the part of the text."""
    text = "ls; held now"
    judgement = judge(rules, extract(text))
    assert judgement.reason == "Held."
    assert judgement.approvers == {"security"}
    assert [text[s.start : s.end] for s in judgement.dangerous] == ["held now"]


def test_text_for_a_program_need_not_be_shell(rules):
    """A line of Python is marked, not held; rules apply all the same."""
    line = "print('it"
    assert judge(rules, extract(line), where="shell").verdict is Verdict.HOLD
    judgement = judge(rules, extract(line), where="in-program")
    assert (judgement.verdict, judgement.rule) == (Verdict.OPAQUE, "opaque-in-program")
    assert judge(rules, extract("held ("), where="in-program").verdict is Verdict.HOLD


def test_a_place_without_an_entry_is_held(rules):
    """`*` answers for whatever nobody thought of."""
    judgement = judge(rules, extract("print('it"), where="full-screen")
    assert (judgement.verdict, judgement.rule) == (Verdict.HOLD, "opaque-full-screen")
    assert judge(rules, Reading("x", opaque="some-new-reason")).verdict is Verdict.HOLD


@pytest.mark.parametrize("text", ["blocked", "held", "$x", "ls"])
def test_text_in_a_full_screen_program_is_no_command(rules_of, text):
    """No rule is asked but its own, which may let it pass or stop it."""
    for verdict, judged in (("allow", Verdict.OPAQUE), ("hold", Verdict.HOLD)):
        entry = f'[[opaque]]\nreason = "full-screen"\nverdict = "{verdict}"\nmessage = "Editor."\n'
        judgement = judge(rules_of(RULES, OPAQUE + entry), extract(text), where="full-screen")
        assert (judgement.verdict, judgement.rule) == (judged, "opaque-full-screen")
        assert judgement.reason == "Editor."


def test_what_was_typed_without_echo_is_marked(rules):
    """A password is no command, and nobody has seen it."""
    judgement = judge(rules, Reading(""), where="no-echo")
    assert (judgement.verdict, judgement.rule) == (Verdict.OPAQUE, "opaque-no-echo")


@pytest.mark.parametrize(
    "text",
    [
        "x" + " a" * 2000,
        "x" + " /e*/*a" * 100,
        "sudo sh;" * 1000,
        "a=b c=d;" * 900,
        "a|" * 90 + "a",
    ],
    ids=["words", "globs", "commands", "values", "stages"],
)
def test_what_would_take_long_to_judge_is_too_long(rules_of, text):
    """One line must not keep the bastion from all the others."""
    rules = rules_of(RULES)
    assert judge(rules, extract(text)).rule == "opaque-too-long"


@pytest.mark.parametrize("reason", ["unparsable", "incomplete", "unclosed", "continued"])
def test_a_part_of_a_script_that_does_not_end_is_unread(rules_of, reason):
    """A line alone that no shell would run may go on in a script."""
    entry = f'[[opaque]]\nreason = "{reason}"\nverdict = "allow"\nmessage = "Alone."\n'
    rules = rules_of(RULES, OPAQUE.replace('"unparsable"', '"tamper"') + entry)
    reading = Reading("echo '", opaque=reason)
    assert judge(rules, reading).verdict is Verdict.OPAQUE
    judgement = judge(rules, reading, where="script")
    assert (judgement.verdict, judgement.rule) == (Verdict.HOLD, "opaque-script-unread")
