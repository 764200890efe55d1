"""The three profiles, and what is told of: the same rules, more or less let through."""

import pytest

from bastion.command.extract import extract
from bastion.command.reading import Reading
from bastion.errors import RulesError
from bastion.policy.judge import judge, unseen
from bastion.policy.situation import NOWHERE
from bastion.verdict import Profile, Verdict, strictest_profile

RULES = """
[[rule]]
id = "held"
verdict = "hold"
message = "Held."
programs = ["held"]
examples = [{ command = "held", verdict = "hold" }]

[[rule]]
id = "told"
verdict = "notify"
message = "Told."
programs = ["told"]
examples = [{ command = "told", verdict = "notify" }]

[[rule]]
id = "marked"
verdict = "opaque"
message = "Marked."
programs = ["marked"]
examples = [{ command = "marked", verdict = "opaque" }]

[[listed]]
id = "some"
programs = ["ls", "held", "told", "marked"]
examples = [{ command = "ls", verdict = "allow" }]

[[listed]]
id = "jobs"
programs = ["job"]
subcommands = ["show"]
options = ["-a", "-n", "--all"]
operands = ["run-*"]
examples = [{ command = "job show", verdict = "allow" }]

[[listed]]
id = "writers"
programs = ["tee"]
effects = ["write", "read"]
scope = { groups = ["writers"] }
examples = [{ command = "tee a", verdict = "allow", groups = ["writers"] }]
"""
OPAQUE = """
[[opaque]]
reason = "*"
verdict = "allow"
message = "Unknown."
[[opaque]]
reason = "unfinished"
verdict = "allow"
protected = "allow"
locked = "allow"
message = "Goes on."
[[opaque]]
reason = "too-long"
verdict = "block"
message = "Long."
"""
GUARDRAIL, PROTECTED, LOCKED = Profile
ALLOW, MARKED, TOLD, HOLD, BLOCK = Verdict


@pytest.fixture
def within(rules_of):
    """The rules in one of the profiles."""
    rules = rules_of(RULES, OPAQUE)
    return {
        profile: rules.within(type(NOWHERE)(NOWHERE.asker, NOWHERE.target, NOWHERE.login, profile))
        for profile in Profile
    }


@pytest.mark.parametrize(
    ("text", "guardrail", "protected", "locked"),
    [
        ("", ALLOW, ALLOW, ALLOW),
        ("# nothing", ALLOW, ALLOW, ALLOW),
        ("ls", ALLOW, ALLOW, ALLOW),
        ("danger", ALLOW, ALLOW, BLOCK),
        ("held", HOLD, HOLD, HOLD),
        ("told", TOLD, TOLD, TOLD),
        ("told; held", HOLD, HOLD, HOLD),
        ("marked", MARKED, HOLD, BLOCK),
        ("$x", MARKED, HOLD, BLOCK),
        ("told; $x", TOLD, HOLD, BLOCK),
        ("held; danger", HOLD, HOLD, BLOCK),
    ],
)
def test_a_profile_says_what_is_done_in_doubt(within, text, guardrail, protected, locked):
    """Rules count in all; what no rule speaks of or nobody sees into does not."""
    verdicts = tuple(judge(within[profile], extract(text)).verdict for profile in Profile)
    assert verdicts == (guardrail, protected, locked)


def test_what_is_told_of_says_what_could_not_be_seen(within):
    """One verdict is kept, and both facts."""
    judgement = judge(within[GUARDRAIL], extract("told; $x"))
    assert (judgement.rule, judgement.reason) == ("told", "Told. Unknown.")


def test_an_entry_for_what_is_opaque_may_say_otherwise(within):
    """A profile makes nothing milder than the entry does."""
    verdicts = [unseen(within[p], "unfinished").verdict for p in Profile]
    assert verdicts == [MARKED] * 3
    assert [unseen(within[p], "too-long").verdict for p in Profile] == [BLOCK] * 3
    assert judge(within[PROTECTED], Reading("x"), where="full-screen").verdict is HOLD


@pytest.mark.parametrize(
    "text",
    [
        "ls; danger",
        "ls && danger",
        "ls | danger",
        "danger & ls",
        "ls $(danger)",
        "ls `danger`",
        "ls <(danger)",
        "(danger)",
        "{ danger; }",
        "if ls; then danger; fi",
        "sudo ls",
        "sh -c ls",
        "x=1",
        "LD_PRELOAD=./x ls",
        "./ls",
        "/tmp/ls",
        "~/ls",
        "/ls",
        "ls $x",
        "ls *",
        "ls > file",
        "ls 2>> file",
        "ls > $x",
        "ls() { danger; }; ls",
        "for PATH in /tmp; do ls; done",
        "select PATH in /tmp; do ls; done",
        "for \\\nPATH in /tmp; do ls; done",
        "coproc PATH { ls; }",
        "((PATH=1)); ls",
        "alias ls=danger",
        "job",
        "job remove",
        "job show other",
        "job show run-1 other",
        "job show -x",
        "job show -ax",
        "job show --al",
        "tee file",
    ],
)
def test_only_what_is_listed_runs_in_locked(within, text):
    """All commands of a line, with all that they do."""
    judgement = judge(within[LOCKED], extract(text))
    assert judgement.verdict is BLOCK, judgement.rule


@pytest.mark.parametrize(
    "text",
    [
        "ls -la /data; ls",
        "ls | ls",
        "/usr/bin/ls",
        "ls a/*.py",
        "ls 2>/dev/null",
        "ls 2>&1",
        "ls < file",
        "for file in a b; do ls; done",
        "ls -la forms/for",
        "job -a show run-1",
        "job show -an5 --all=x run-2",
    ],
)
def test_what_is_listed_runs_in_locked(within, text):
    """From the system's folders, with what its entry names."""
    assert judge(within[LOCKED], extract(text)).verdict is ALLOW


def test_an_entry_of_the_list_may_have_a_scope(rules_of, asker):
    """It counts for whoever is in it."""
    rules = rules_of(RULES, OPAQUE)
    writer = type(NOWHERE)(asker("writers"), NOWHERE.target, NOWHERE.login, LOCKED)
    assert judge(rules.within(writer), extract("tee file")).verdict is ALLOW


def test_why_it_does_not_run_is_said(within):
    """With the part of the line."""
    text = "ls; danger now"
    judgement = judge(within[LOCKED], extract(text))
    assert judgement.rule == "not-listed"
    assert "`danger` is not listed" in judgement.reason
    assert [text[s.start : s.end] for s in judgement.dangerous] == ["danger now"]


def test_a_list_is_checked(rules_of):
    """An unknown key, an unknown effect, an id that is taken."""
    entry = (
        '[[listed]]\nid = "{}"\nprograms = ["x"]\n{}\n'
        'examples = [{{ command = "x", verdict = "allow" }}]\n'
    )
    for name, line, part in (
        ("a", 'colour = "red"', "colour"),
        ("a", 'effects = ["explode"]', "is no effect"),
        ("held", "", "taken already"),
    ):
        with pytest.raises(RulesError, match=part):
            rules_of(RULES + entry.format(name, line), OPAQUE)


def test_the_strictest_profile_counts():
    """Whichever order they come in; without any the mildest."""
    assert strictest_profile([PROTECTED, LOCKED, GUARDRAIL]) is LOCKED
    assert strictest_profile([]) is GUARDRAIL
