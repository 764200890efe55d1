"""Rules for files: what they match, and which files of rules are refused."""

import pytest

from bastion.errors import RulesError
from bastion.files import Action, Deed
from bastion.policy.file_rules import FileRules, load
from bastion.rulepack import shipped_rules
from bastion.verdict import Verdict

RULE = """
[[rule]]
id = "weights"
verdict = "{verdict}"
message = "why"
actions = ["download", "rename"]
paths = ["*.safetensors", "/models/private/*"]
unless_paths = ["/models/open/*"]
approvers = ["leads"]
examples = [{{ action = "download", path = "/x.safetensors", verdict = "{verdict}" }}]
"""
DOWNLOAD = Action.DOWNLOAD


@pytest.fixture
def rules_of(tmp_path):
    """Loads the file with this text."""

    def rules(text):
        (tmp_path / "files.toml").write_text(text)
        return load(tmp_path)

    return rules


@pytest.mark.parametrize(
    ("deed", "verdict"),
    [
        (Deed(DOWNLOAD, "/a/b.safetensors"), Verdict.HOLD),
        (Deed(DOWNLOAD, "/a/B.SafeTensors"), Verdict.HOLD),
        (Deed(DOWNLOAD, "/models/private/deep/x"), Verdict.HOLD),
        (Deed(DOWNLOAD, "/models/open/b.safetensors"), Verdict.ALLOW),
        (Deed(DOWNLOAD, "/a/b.safetensors.txt"), Verdict.ALLOW),
        (Deed(Action.UPLOAD, "/a/b.safetensors"), Verdict.ALLOW),
        (Deed(Action.RENAME, "/a/x", "/a/b.safetensors"), Verdict.HOLD),
        (Deed(Action.RENAME, "/models/open/b.safetensors", "/a/b.safetensors"), Verdict.HOLD),
        (Deed(DOWNLOAD, "/a", is_deep=True), Verdict.HOLD),
        (Deed(DOWNLOAD, "/models/open", is_deep=True), Verdict.HOLD),
        (Deed(Action.UPLOAD, "/", is_deep=True), Verdict.ALLOW),
        (Deed(Action.RENAME, "/models/private", "/models/x"), Verdict.HOLD),
        (Deed(Action.RENAME, "/models/x", "/models/private"), Verdict.HOLD),
        (Deed(Action.RENAME, "/models", "/m"), Verdict.HOLD),
        (Deed(Action.RENAME, "/models/privates", "/m"), Verdict.ALLOW),
        (Deed(DOWNLOAD, "/a", is_into=True), Verdict.HOLD),
        (Deed(DOWNLOAD, "/models/private/a", is_into=True), Verdict.HOLD),
    ],
)
def test_what_a_rule_matches(rules_of, deed, verdict):
    """Globs without regard to case, either name of a rename, whatever may stand below a folder."""
    judgement = rules_of(RULE.format(verdict="hold")).judge([deed])
    assert judgement.verdict is verdict
    if verdict is Verdict.HOLD:
        assert (judgement.rule, judgement.approvers) == ("weights", frozenset({"leads"}))


@pytest.mark.parametrize(
    ("glob", "folder", "could"),
    [
        ("/data/x/*", "/data", True),
        ("/data/x/*", "/data/x/y", True),
        ("/data/x/*", "/etc", False),
        ("/etc/shadow", "/etc", True),
        ("/etc/shadow", "/", True),
        ("/etc/shadow", "/home", False),
        ("*.pt", "/home", True),
    ],
)
def test_what_may_stand_below_a_folder(rules_of, glob, folder, could):
    """A rule counts for a folder if it could match anything in it."""
    rules = rules_of(
        RULE.format(verdict="block").replace('"*.safetensors", "/models/private/*"', f'"{glob}"')
    )
    verdict = rules.judge([Deed(DOWNLOAD, folder, is_deep=True)]).verdict
    assert verdict is (Verdict.BLOCK if could else Verdict.ALLOW)


@pytest.mark.parametrize(
    ("folder", "verdict"),
    [
        ("/home/ann/project", Verdict.ALLOW),
        ("/data", Verdict.ALLOW),
        ("/home/ann", Verdict.BLOCK),
        ("/home", Verdict.BLOCK),
        ("/", Verdict.BLOCK),
        ("/data/.ssh", Verdict.BLOCK),
        ("/data/.ssh/id_old", Verdict.BLOCK),
    ],
)
def test_a_rule_says_where_it_expects_what_is_not_seen(rules_of, folder, verdict):
    """Elsewhere only a folder counts that is named itself."""
    rule = RULE.replace('"*.safetensors", "/models/private/*"', '"*/.ssh/id_*"').replace(
        "unless_paths", 'hidden_in = ["/", "/home", "/home/*"]\nunless_paths'
    )
    rules = rules_of(rule.format(verdict="block").replace("/x.safetensors", "/.ssh/id_x"))
    assert rules.judge([Deed(DOWNLOAD, folder, is_deep=True)]).verdict is verdict


def test_the_strictest_of_all_deeds_counts(rules_of):
    """An open for reading and writing is both."""
    rules = rules_of(
        RULE.format(verdict="hold")
        + RULE.format(verdict="block")
        .replace('"weights"', '"other"')
        .replace('"download", "rename"', '"upload"')
    )
    path = "/x.safetensors"
    assert rules.judge([Deed(DOWNLOAD, path), Deed(Action.UPLOAD, path)]).rule == "other"
    assert rules.concern([Action.UPLOAD])
    assert not rules.concern([Action.LOOK])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('verdict = "hold"\n', 'verdict = "allow"\n', "verdict"),
        ('"download", "rename"', '"steal"', "actions"),
        ('"*.safetensors"', '"x.safetensors"', "absolute"),
        ("message", "massage", "message"),
        ("[[rule]]", "[[rules]]", "rules"),
        ("examples = ", "samples = ", "examples"),
    ],
)
def test_a_mistake_is_named(rules_of, old, new, said):
    """With file and line; nothing of the file is used."""
    with pytest.raises(RulesError, match=said) as caught:
        rules_of(RULE.format(verdict="hold").replace(old, new, 1))
    assert "files.toml:2" in str(caught.value) or caught.value.line


def test_an_empty_file_is_a_mistake_and_none_is_no_rule(tmp_path, rules_of):
    """Whoever empties it by accident hears of it."""
    assert load(tmp_path) == FileRules()
    with pytest.raises(RulesError):
        rules_of("")


def test_the_examples_of_the_product_hold():
    """All rules together give each example the verdict that it promises."""
    loaded = load(shipped_rules())
    for rule in loaded.rules:
        for example in rule.value.examples:
            judgement = loaded.judge([example.deed])
            assert judgement.verdict is example.verdict, example
            is_own = rule.value.matches(example.deed)
            assert is_own is (example.verdict is not Verdict.ALLOW), example


def test_one_name_in_a_folder_meets_the_rules_for_that_folder_alone():
    """What lies deeper, or elsewhere, it cannot be."""
    rules = load(shipped_rules())
    for folder, verdict in (("/home/a/.ssh", Verdict.HOLD), ("/home/a/data", Verdict.ALLOW)):
        assert rules.judge([Deed(Action.UPLOAD, folder, is_into=True)]).verdict is verdict
