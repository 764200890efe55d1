"""Scoped rules, exemptions from rules, and an operator's own rules in the place of others."""

import pytest

from bastion.command.extract import extract
from bastion.errors import RulesError
from bastion.policy.command_rules import load
from bastion.policy.judge import judge
from bastion.policy.situation import NOWHERE, Situation
from bastion.target import Login, Target
from bastion.verdict import Verdict

RULES = """
[[rule]]
id = "delete"
verdict = "hold"
message = "Deletes."
exemptible = true
effect = ["delete", "write"]
on = ["/data/*"]
examples = [{ command = "rm /data/x", verdict = "hold" }]

[[rule]]
id = "strict"
verdict = "block"
message = "Never."
programs = ["never"]
examples = [{ command = "never", verdict = "block" }]

[[rule]]
id = "gpu"
verdict = "hold"
message = "Resets."
exemptible = true
programs = ["reset"]
examples = [{ command = "reset 0", verdict = "hold" }]

[[rule]]
id = "interns"
verdict = "block"
message = "Not by interns."
programs = ["reset"]
scope = { groups = ["interns"] }
examples = [{ command = "reset", verdict = "block", groups = ["interns"] }]
"""
EXEMPTION = """
[[rule]]
id = "sre-may"
verdict = "allow"
message = "The on-call team cleans up."
exempts = {exempts}
scope = {{ groups = ["sre"], targets = ["gpu-*"] }}
{conditions}
examples = [{{ command = "x", verdict = "allow" }}]
"""
SCRATCH = 'effect = "delete"\non = ["/data/tmp/*"]'


@pytest.fixture
def judged(rules_of, asker):
    """What is decided for somebody of *groups* on *host*, with an exemption of *conditions*."""

    def judged(text, conditions, groups=("sre",), host="gpu-01", exempts='["delete", "gpu"]'):
        exemption = EXEMPTION.format(exempts=exempts, conditions=conditions)
        rules = rules_of(RULES + exemption)
        situation = Situation(asker(*groups), Target(host, ""), Login("root"))
        return judge(rules.within(situation), extract(text))

    return judged


@pytest.mark.parametrize(
    "text", ["rm /data/tmp/a", "rm -r /data/tmp/a /data/tmp/b", "cd /; rm /data/tmp/a"]
)
def test_an_exemption_lifts_a_rule(judged, text):
    """And the record says by what."""
    judgement = judged(text, SCRATCH)
    assert (judgement.verdict, judgement.rule) == (Verdict.ALLOW, "sre-may")


@pytest.mark.parametrize(
    "text",
    [
        "rm /data/x",
        "rm /data/tmp/a /data/x",
        "rm /data/tmp/../x",
        "rm /data/tmp/$x",
        "rm /data/t??/a",
        "rm /data/tmp/a; rm /data/x",
        "rm /data/tmp/a > /data/x",
        "mv /data/tmp/a /data/x",
    ],
)
def test_it_lifts_no_more_than_it_surely_covers(judged, text):
    """What is beside it, unknown, or another effect, keeps the rule."""
    judgement = judged(text, SCRATCH)
    assert (judgement.verdict, judgement.rule) == (Verdict.HOLD, "delete")


@pytest.mark.parametrize(("groups", "host"), [(("ml",), "gpu-01"), (("sre",), "web-01")])
def test_it_counts_in_its_scope_only(judged, groups, host):
    """For others and elsewhere the rule is what it was."""
    assert judged("rm /data/tmp/a", SCRATCH, groups, host).verdict is Verdict.HOLD


def test_it_can_be_from_a_rule_for_programs(judged):
    """Every operand must be meant then."""
    conditions = 'programs = ["reset"]\noperands = ["0", "1"]'
    assert judged("reset 0 1", conditions).verdict is Verdict.ALLOW
    assert judged("reset 0 2", conditions).verdict is Verdict.HOLD
    assert judged("sudo reset 0", conditions).verdict is Verdict.ALLOW
    assert judged("reset 0; never", conditions).rule == "strict"


def test_a_rule_with_a_scope_counts_there_only(judged):
    """Another rule that is not named by the exemption is not lifted either."""
    conditions = 'programs = ["reset"]'
    assert judged("reset", conditions, ("sre", "interns")).rule == "interns"
    assert judged("reset", conditions, ()).rule == "gpu"


def test_nobody_in_particular_meets_no_scope(rules_of):
    """Rules as they are loaded, without a situation."""
    rules = rules_of(RULES + EXEMPTION.format(exempts='["gpu"]', conditions='programs = ["reset"]'))
    assert judge(rules, extract("reset")).rule == "gpu"
    assert judge(rules.within(NOWHERE), extract("reset")).rule == "gpu"


@pytest.mark.parametrize(
    ("exempts", "part"),
    [
        ('["strict"]', r"strict \(some\.toml:\d+\) does not say `exemptible = true`"),
        ('["gone"]', "there is no rule 'gone'"),
        ("[]", "belong together"),
        ('["gpu"]\nmarks_only = true', "belongs to the verdict `opaque`"),
    ],
)
def test_an_exemption_that_cannot_be_is_named(rules_of, exempts, part):
    """File, line, rule, and what is wrong."""
    text = RULES + EXEMPTION.format(exempts=exempts, conditions='programs = ["x"]')
    line = text[: text.index('id = "sre-may"')].count("\n")
    with pytest.raises(RulesError, match=rf"some\.toml:{line}: rule 'sre-may': .*{part}"):
        rules_of(text)


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ('scope = { groups = ["sre"], targets = ["gpu-*"] }', "", "needs a scope"),
        ('verdict = "allow"', 'verdict = "hold"', "belong together"),
        ("exempts =", "exemptible = true\nexempts =", "needs a scope"),
    ],
)
def test_an_exemption_is_an_allow_with_a_scope(rules_of, old, new, part):
    """For everybody and everywhere, the rule itself is to be changed."""
    text = EXEMPTION.format(exempts='["gpu"]', conditions='programs = ["x"]')
    assert old in text
    with pytest.raises(RulesError, match=part):
        rules_of(RULES + text.replace(old, new, 1))


def test_own_rules_take_the_place_of_others(folder, rules_of):
    """By id, in their place; others are added; also what is opaque and what is listed."""
    rules_of(RULES)
    own = folder.parent / "own"
    own.mkdir()
    changed = RULES.replace(
        'verdict = "block"\nmessage = "Never."', 'verdict = "hold"\nmessage = "Asked."'
    )
    (own / "a.toml").write_text(
        changed[
            changed.index('[[rule]]\nid = "strict"') : changed.index('[[rule]]\nid = "gpu"')
        ].replace('verdict = "block" }', 'verdict = "hold" }')
        + '[[rule]]\nid = "new"\nverdict = "block"\nmessage = "New."\nprograms = ["new"]\n'
        'examples = [{ command = "new", verdict = "block" }]\n'
        '[[opaque]]\nreason = "*"\nverdict = "block"\nmessage = "Not here."\n'
    )
    rules = load(folder)
    assert [r.value.id for r in rules.rules] == ["delete", "strict", "gpu", "interns", "new"]
    assert judge(rules, extract("never")).reason == "Asked."
    assert judge(rules, extract("new")).rule == "new"
    assert judge(rules, extract("$x")).verdict is Verdict.BLOCK
    (own / "b.toml").write_text((own / "a.toml").read_text())
    with pytest.raises(RulesError, match=r"b\.toml.*taken already"):
        load(folder)


def test_views_are_kept_and_bounded(rules_of, asker):
    """The same situation has the same rules at hand."""
    rules = rules_of(RULES)
    intern = Situation(asker("interns"), Target("gpu-01", ""), Login("root"))
    other = Situation(asker("ml"), Target("gpu-02", ""), Login("me"))
    assert rules.within(intern) is rules.within(intern)
    assert rules.within(other) is rules.within(NOWHERE)
    assert rules.within(intern) is not rules.within(other)
