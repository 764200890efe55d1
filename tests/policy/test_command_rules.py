"""A rule matches when every condition that it names is met."""

import pytest

from bastion.errors import RulesError
from bastion.policy.command_rules import load
from bastion.verdict import Verdict


@pytest.mark.parametrize(
    ("conditions", "yes", "no"),
    [
        ('programs = ["rm"]', ["rm x", "/bin/rm x", "sudo rm x", "r'm' x"], ["ls rm", "rmdir x"]),
        ('programs = ["mkfs.*"]', ["mkfs.ext4 x"], ["mkfs x"]),
        (
            'programs = ["x"]\noptions = ["-r", "--recursive"]',
            ["x -r", "x -fr a", "x a -rf", "x --recursive", "x --recurs"],
            ["x", "x r", "x --re-run", "x --r", "x -f"],
        ),
        (
            'programs = ["x"]\noptions = ["-pl", "-r"]\nclusters = false',
            ["x -pl 100", "x -r", "x -pl=100"],
            ["x -p", "x -fr"],
        ),
        ('programs = ["x"]\nall_options = ["-a", "-b"]', ["x -ab", "x -b -a"], ["x -a", "x -b"]),
        ('programs = ["x"]\noptions = ["--mode"]', ["x --mode=1", "x --mode 1"], ["x mode"]),
        ('programs = ["x"]\nsubcommands = ["rm"]', ["x rm a", "x -v rm"], ["x ls rm", "x"]),
        (
            'programs = ["x"]\noperands = ["/etc/*"]',
            ["x /etc/a", "x -v //etc/./b", "x /tmp/../etc/a", "x -- /etc/a"],
            ["x /etcetera", "x etc/a", "x"],
        ),
        ('programs = ["x"]\noperands = ["-a"]', ["x -- -a"], ["x -a"]),
        ('arguments = ["*://*"]', ["y http://a", "y --url=http://a"], ["y a"]),
        (
            'programs = ["x"]\nwrites = ["/dev/sd*"]',
            ["x > /dev/sda", "x 2>>/dev/sdb"],
            ["x </dev/sda"],
        ),
        ('reads = ["/etc/shadow"]', ["x < /etc/shadow"], ["x > /etc/shadow", "x /etc/shadow"]),
        (
            'touches = ["/etc/shadow"]',
            ["x /etc/shadow", "x < /etc/shadow", "x >/etc/shadow", "x -f /etc/shadow"],
            ["x /etc/passwd", "shadow"],
        ),
        (
            'programs = ["sh"]\npiped_from = ["curl"]',
            ["curl a | sh", "curl a | tee b | sudo sh", "(curl a | sh)"],
            ["curl a; sh", "sh | curl a", "curl a | tee; b | sh"],
        ),
        ('programs = ["x"]\nbare = true', ["x", "x -i"], ["x y"]),
        (
            'effect = "delete"\non = ["/data/*"]',
            ["rm /data/x", "sudo unlink /data/x", "find /data/a -delete", "rm /data/?"],
            ["cat /data/x", "rm /tmp/x", "ls -d /data/x", "rm $x"],
        ),
        (
            'effect = "delete"\nrecursive = true\non = ["/a"]',
            ["rm -r /a", "rm -fR /a", "rsync --delete b/ /a"],
            ["rm /a", "rm -f /a", "unlink /a"],
        ),
        ('effect = "delete"\non = ["/a"]\nunknown = true', ["rm /a", "rm $x"], ["rm /b"]),
        (
            'effect = "read"\non = ["/etc/shadow"]\nguesses = true',
            ["cat /etc/shadow", "zork --in=/etc/shadow", "zork '(\"/etc/shadow\")'"],
            ["ls /etc/shadow", "zork /etc/passwd", "echo /etc/shadow"],
        ),
        ('effect = "read"\non = ["/etc/shadow"]', ["cat /etc/shadow"], ["zork /etc/shadow"]),
        (
            'effect = ["write", "delete"]\non = ["/a/*"]\nunless_on = ["/a/tmp/*"]',
            [
                "cp x /a/y",
                "mv /a/y x",
                "tee /a/y",
                ": > /a/y",
                "rm /a/tmp/../y",
                "rm /a/tmp/x /a/y",
            ],
            ["cp /a/y x", "rm /a/tmp/x", "cat /a/y"],
        ),
        ('effect = "gpu.reset"', ["nvidia-smi -r", "rocm-smi --gpureset"], ["nvidia-smi -q"]),
        ('effect = "gpu"', ["nvidia-smi -r", "nvidia-smi -pl 100"], ["nvidia-smi -q"]),
        ('effect = "gpu.reset"\non = ["x"]', ["nvidia-smi -r"], ["nvidia-smi"]),
        (
            'programs = ["bash"]\nrun_by = ["sudo"]',
            ["sudo bash", "sudo -u x bash -l", "nohup sudo bash"],
            ["bash", "bash; sudo ls", "nohup bash"],
        ),
        ('places = ["/tmp/*"]', ["/tmp/x", "sudo /tmp/../tmp/x"], ["x /tmp/x", "/usr/tmp/x"]),
        ('touches = ["/a"]\nunless_programs = ["ls"]', ["cat /a"], ["ls /a"]),
        ('programs = ["x"]\nunless_options = ["-n"]', ["x", "x -v"], ["x -vn"]),
        ('programs = ["x"]\nunless_arguments = ["-m*"]', ["x a"], ["x a -mjson"]),
        ('programs = ["x"]\nunless_operands = ["a*"]', ["x", "x b", "x a b"], ["x a", "x a ab"]),
    ],
)
def test_a_condition_matches_what_it_says(rule_with, conditions, yes, no):
    """And not its near misses."""
    matches = rule_with(conditions)
    assert [text for text in yes if not matches(text)] == []
    assert [text for text in no if matches(text)] == []


def test_a_typed_glob_is_what_it_may_name(rule_with):
    """The shell expands it behind our back; its star crosses no folder."""
    matches = rule_with('touches = ["/etc/shadow*"]')
    assert all(map(matches, ["x /e??/sh*", "x /etc/*", "x /[e]tc/shadow"]))
    assert not any(map(matches, ["x *", "x /*", "x /var/*", "x /etc/*/x", "x '/e??/shadow'"]))


def test_an_unknown_word_matches_nothing(rule_with):
    """A variable alone is no ground to stop."""
    assert not rule_with('programs = ["rm"]\noperands = ["/", "~"]')("rm -rf $x")


def test_an_exception_must_be_sure(rule_with):
    """A detour or a variable may lead elsewhere, so it is no exception."""
    matches = rule_with('programs = ["rm"]\noperands = ["/d/*"]\nunless_operands = ["/d/tmp/*"]')
    assert not matches("rm /d/tmp/a /d/tmp/b")
    assert all(map(matches, ["rm /d/tmp/../a", "rm /d/tmp/$x", "rm /d/tmp/a /d/b"]))


def test_what_is_mostly_told_is_enough(rule_with):
    """`$x` twice in a path hides no more than its slashes."""
    matches = rule_with('effect = "read"\non = ["/etc/shadow"]')
    assert matches("cat $(echo /)etc$(echo /)shadow")
    assert not matches("cat $a/$b")
    assert not matches("cat $a/shadow")


def test_effects_alone_ask_for_an_effect(folder):
    """`on` without `effect` says nothing."""
    (folder / "a.toml").write_text(table('on = ["/a"]'))
    with pytest.raises(RulesError, match="need an effect"):
        load(folder)


def test_an_effect_has_a_name_that_there_is(folder):
    """Else the rule would never match."""
    (folder / "a.toml").write_text(table('effect = "explode"'))
    with pytest.raises(RulesError, match="is no effect"):
        load(folder)


def table(extra: str = "", **changes: str) -> str:
    """A `[[rule]]` with some of its values changed."""
    values = {
        "id": '"a"',
        "verdict": '"hold"',
        "message": '"Because."',
        "programs": '["x"]',
        "examples": '[{ command = "x", verdict = "hold" }]',
    } | changes
    lines = "\n".join(f"{key} = {value}" for key, value in values.items() if value)
    return f"[[rule]]\n{lines}\n{extra}\n"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (table(verdict='"forbid"'), "'forbid' is no verdict"),
        (table(programs=""), "names neither effect"),
        (table(message='""'), "message"),
        (table(examples="[]"), "examples"),
        (table(examples='[{ command = "x" }]'), "verdict"),
        (table(id='"Not Good"'), "id"),
        (table('colour = "red"'), "colour"),
        (table() + table(), "taken already"),
    ],
)
def test_a_bad_rule_is_refused(folder, text, part):
    """With its file, before anything runs by it."""
    opaque = '[[opaque]]\nreason = "*"\nverdict = "hold"\nmessage = "m"\n'
    (folder / "bad.toml").write_text(text + opaque)
    with pytest.raises(RulesError, match=r"bad\.toml") as caught:
        load(folder)
    assert part in str(caught.value)


def test_without_rules_nothing_runs(folder):
    """An empty or missing folder is an error, not permission."""
    for path in (folder, folder / "missing"):
        with pytest.raises(RulesError, match="no rule file"):
            load(path)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("nowhere/commands", "nowhere: does not exist"),
        ("file/commands", "file: is no folder"),
        ("commands/commands", "what is meant is the folder above it"),
        ("empty/commands", "holds no rule file, and without rules nothing may run$"),
    ],
)
def test_why_there_are_no_rules_is_told(tmp_path, place, told):
    """A name that was mistyped, a file, the folder of the rule files, one without any."""
    (tmp_path / "file").touch()
    (tmp_path / "commands").mkdir()
    (tmp_path / "empty").mkdir()
    with pytest.raises(RulesError, match=told):
        load(tmp_path / place)


def test_what_is_opaque_needs_an_answer(rules_of):
    """The entry `*` is demanded, two for one reason are refused."""
    with pytest.raises(RulesError, match="needs an"):
        rules_of(table(), opaque="")
    one = '[[opaque]]\nreason = "*"\nverdict = "hold"\nmessage = "m"\n'
    with pytest.raises(RulesError, match="reason is taken"):
        rules_of(table(), opaque=one + one)


def test_rules_come_in_the_order_of_files_and_lines(folder):
    """So that "the first of equals" is a promise."""
    opaque = '[[opaque]]\nreason = "*"\nverdict = "allow"\nmessage = "m"\n'
    (folder / "b.toml").write_text(table(id='"last"') + opaque)
    (folder / "a.toml").write_text(table(id='"first"') + table(id='"second"'))
    (folder / "notes.txt").write_text("no rules")
    rules = load(folder)
    assert [rule.value.id for rule in rules.rules] == ["first", "second", "last"]
    assert rules.opaque["*"].verdict is Verdict.ALLOW
