"""`bastion explain`, as an operator or an engineer uses it."""

import json
import shutil
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from bastion.cli.explain import explain as command
from bastion.cli.explain import explained, placed_in, show, tree
from bastion.command.extract import extract
from bastion.config import load
from bastion.policy import command_rules
from bastion.policy.situation import NOWHERE
from bastion.rulepack import shipped_rules
from bastion.serve.initialise import initialise
from bastion.state import State
from bastion.store.rows import Certificate
from bastion.store.sqlite.database import open_store
from bastion.verdict import Profile
from tests.cli.settings import settings_in

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID3QoLpC32ZE97+scEwH9MdeDuQ9bxE0RNx298+tRIR/"
ACCESS = """
[[grant]]
id = "research"
groups = ["research"]
targets = ["*"]
logins = ["ubuntu"]

[[require]]
id = "production-is-locked"
targets = ["*"]
labels = { pool = "production" }
profile = "locked"
"""
OWN = """
[[rule]]
id = "research-resets"
verdict = "allow"
message = "Their own pool."
exempts = ["gpu-reset"]
scope = { groups = ["research"], labels = { pool = "research" } }
effect = "gpu.reset"
examples = [{ command = "nvidia-smi -r", verdict = "hold" }]

[[rule]]
id = "interns-wait"
verdict = "hold"
message = "Ask first."
scope = { groups = ["interns"] }
programs = ["htop"]
examples = [{ command = "htop", verdict = "hold", groups = ["interns"] }]
"""
PARTS = ("one a", "| two b", "three", "sh -c", "four")
ALONE = typer.Typer()
ALONE.command("explain")(command)
RUNNER = CliRunner(env={"COLUMNS": "400", "NO_COLOR": "1"})


@pytest.fixture
def config(tmp_path):
    """Rules of an operator, two hosts, and ann's certificate."""
    path = settings_in(tmp_path, '[commands]\nprofile = "protected"\n')
    shutil.copytree(shipped_rules() / "commands", tmp_path / "rules" / "commands")
    (tmp_path / "rules" / "access.toml").write_text(ACCESS)
    (tmp_path / "rules" / "own").mkdir()
    (tmp_path / "rules" / "own" / "pools.toml").write_text(OWN)
    (tmp_path / "hosts.toml").write_text(
        "".join(
            f'[[host]]\nname = "{name}"\naddress = "192.0.2.1"\nhost_keys = ["{KEY}"]\n'
            f'labels = {{ pool = "{pool}" }}\n'
            for name, pool in (("gpu-01", "research"), ("web-01", "production"))
        )
    )
    state = State(tmp_path / "state")
    initialise(state)
    store = open_store(state.database)
    store.certificates.add(
        Certificate(
            serial=1,
            subject="sub-ann",
            account="ann",
            groups=("research",),
            address="192.0.2.9",
            fingerprint="SHA256:x",
            valid_after=1,
            valid_before=2,
            issued_at=1.0,
            token_sha256="t1",
        )
    )
    store.close()
    return path


SHIPPED = command_rules.load(shipped_rules() / "commands")


def run(*args: object):
    return RUNNER.invoke(ALONE, list(map(str, args)))


def found(text: str, profile: Profile = Profile.GUARDRAIL):
    """*text*, explained by the shipped rules for nobody in particular."""
    return explained(SHIPPED, replace(NOWHERE, profile=profile), extract(text))


def test_a_command_is_drawn_as_it_is_read(capsys):
    """What runs what, what that does, which rule matches, and why."""
    show(found("sudo sh -c 'nvidia-smi --gpu-reset -i 0' > /tmp/x"))
    said = capsys.readouterr().out
    for part in ("hold", "gpu-reset: Resetting a GPU", "gpu.reset()", "guardrail", ">/tmp/x"):
        assert part in said
    lines = said.splitlines()
    depths = [
        next(line.index(name) for line in lines if line.strip("│├└─ ").startswith(name))
        for name in ("sudo sh", "sh -c", "nvidia-smi --gpu")
    ]
    assert depths == sorted(set(depths))
    show(found("sudo sh -c 'one athree | two b; three'; four"))
    lines = capsys.readouterr().out.splitlines()
    at = {name: next(line.index(name) for line in lines if f"─ {name}" in line) for name in PARTS}
    assert at["one a"] == at["| two b"] == at["three"] == at["sh -c"] + 4 == at["four"] + 8


def test_an_explanation_has_a_stable_form():
    """Words with what is known of them, places, rules."""
    text = "x=1 rm -rf $y >/dev/null; cat /etc/shadow"
    said = tree(found(text))
    assert (said["verdict"], said["rule"]) == ("block", "read-password-hashes")
    assert (said["profile"], said["subject"], said["target"]) == ("guardrail", "", "")
    assert [text[start:end] for start, end in said["dangerous"]] == ["cat /etc/shadow"]
    first, second = said["runs"]
    assert first["program"] == "rm"
    assert [word["known"] for word in first["words"]] == [True, True, False]
    assert first["assignments"] == [{"text": "x=1", "known": True}]
    assert first["redirections"][0]["operator"] == ">"
    assert first["rules"] == []
    assert "wipe-system" in first["considered"]
    (deleted,) = (effect for effect in first["effects"] if effect["effect"] == "delete")
    assert (deleted["recursive"], deleted["guessed"]) == (True, False)
    assert deleted["on"]["known"] is False
    assert second["rules"] == ["read-password-hashes"]


def test_an_opaque_command_says_what_could_not_be_seen(capsys):
    """The reason is a word of docs/rules.md."""
    show(found("$x -rf /"))
    said = capsys.readouterr().out
    assert "dynamic-command" in said
    assert "hold" in said


def test_hostile_text_is_made_printable(capsys):
    """A command with an escape sequence does not reach the terminal as one."""
    show(found("printf '\x1b]0;owned\x07'"))
    said = capsys.readouterr().out
    assert "\x1b]" not in said
    assert "\\x1b" in said


def test_a_profile_can_be_asked(capsys):
    """As if the person had it."""
    show(found("ls; danger", Profile.LOCKED))
    said = capsys.readouterr().out
    assert "listed as look-at-files" in said
    assert "not listed" in said
    result = run("ls; danger", "--profile", "locked", "--json")
    told = json.loads(result.stdout)
    assert told["rule"] == "not-listed"
    assert [each["listed"] for each in told["runs"]] == ["look-at-files", ""]


def test_other_rules_can_be_asked(tmp_path):
    """`--rules` names the folder."""
    assert run("ls", "--rules", tmp_path).exit_code == 1


@pytest.fixture
def asked(config):
    """Explains a command of somebody, somewhere, by the operator's files."""
    settings = load(config)
    pack = command_rules.load(settings.rules_dir / "commands")

    def asked(text: str, who: str = "", groups: frozenset[str] | None = None, host: str = ""):
        placed = placed_in(settings, who, groups, (host, ""), 1_800_000_000.0)
        return explained(pack, placed.situation, extract(text)), placed.doubt

    return asked


def test_a_person_on_a_host_is_asked_about(asked, capsys):
    """By groups, labels and access rules: scopes, exemptions, profile."""
    lifted, doubt = asked("nvidia-smi -r", "ann", host="gpu-01")
    said = tree(lifted)
    assert (said["verdict"], said["rule"], doubt) == ("allow", "research-resets", "")
    assert said["runs"][0]["lifted"] == {"gpu-reset": "research-resets"}
    assert (said["profile"], said["login"]) == ("protected", "ubuntu")
    assert (said["subject"], said["groups"]) == ("sub-ann", ["research"])
    assert tree(asked("$x", "ann", host="gpu-01")[0])["verdict"] == "hold"
    production = tree(asked("nvidia-smi -r", "ann", host="web-01")[0])
    assert (production["profile"], production["verdict"]) == ("locked", "block")
    assert production["runs"][0]["elsewhere"] == {"research-resets": "labels"}
    show(lifted)
    drawn = capsys.readouterr().out
    for part in ("ann in research", "ubuntu@gpu-01", "(lifted by"):
        assert part in drawn


def test_a_rule_for_others_is_named(asked, capsys):
    """So that nobody wonders why it does not count."""
    show(asked("htop", "ann")[0])
    assert "interns-wait is for other groups" in capsys.readouterr().out
    assert asked("htop", groups=frozenset({"interns"}))[0].judgement.rule == "interns-wait"


def test_who_may_not_come_is_told_of(asked, config):
    """The verdict is for the question all the same."""
    assert "do not let them in" in asked("ls", groups=frozenset({"x"}), host="gpu-01")[1]
    assert "no host gpu-99" in asked("ls", "ann", host="gpu-99")[1]
    result = run("ls", "--config", config, "--as", "ann", "--on", "gpu-99", "--json")
    assert json.loads(result.stdout)["subject"] == "sub-ann"
    assert "Mind that there is no host gpu-99" in result.stderr
    result = run("ls", "--config", config, "--as", "eve")
    assert result.exit_code == 1
    assert "no certificate was issued to eve" in result.stderr
