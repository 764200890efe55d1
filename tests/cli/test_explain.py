"""`bastion explain`, as an operator or an engineer uses it."""

import json
import shutil

import pytest
import typer
from typer.testing import CliRunner

from bastion.cli.explain import explain as command
from bastion.rulepack import shipped_rules
from bastion.serve.initialise import initialise
from bastion.state import State
from bastion.store.rows import Certificate
from bastion.store.sqlite.database import open_store

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
programs = ["python"]
examples = [{ command = "python x.py", verdict = "hold", groups = ["interns"] }]
"""
ALONE = typer.Typer()
ALONE.command("explain")(command)
RUNNER = CliRunner(env={"COLUMNS": "400", "NO_COLOR": "1"})


@pytest.fixture
def config(tmp_path):
    """Rules of an operator, two hosts, and ann's certificate."""
    path = tmp_path / "config.toml"
    path.write_text(
        'state_dir = "state"\nrules_dir = "rules"\n'
        '[oidc]\nissuer = "http://127.0.0.1:1"\nclient_id = "bastion"\n'
        '[commands]\nprofile = "protected"\n'
    )
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


def run(*args: object):
    return RUNNER.invoke(ALONE, list(map(str, args)))


def told(*args: object):
    result = run(*args, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_command_is_drawn_as_it_is_read():
    """What runs what, what that does, which rule matches, and why."""
    result = run("sudo sh -c 'nvidia-smi --gpu-reset -i 0' > /tmp/x")
    assert result.exit_code == 0, result.output
    for part in (
        "hold",
        "gpu-reset: Resetting a GPU kills",
        "does gpu.reset()",
        "guardrail",
        ">/tmp/x",
    ):
        assert part in result.stdout
    lines = result.stdout.splitlines()
    depths = [
        next(line.index(name) for line in lines if line.strip("│├└─ ").startswith(name))
        for name in ("sudo sh", "sh -c", "nvidia-smi --gpu")
    ]
    assert depths == sorted(set(depths))


def test_an_explanation_has_a_stable_form():
    """Words with what is known of them, places, rules."""
    text = "x=1 rm -rf $y >/dev/null; cat /etc/shadow"
    found = told(text)
    assert (found["verdict"], found["rule"]) == ("block", "read-password-hashes")
    assert (found["profile"], found["subject"], found["target"]) == ("guardrail", "", "")
    assert [text[start:end] for start, end in found["dangerous"]] == ["cat /etc/shadow"]
    first, second = found["runs"]
    assert first["program"] == "rm"
    assert [word["known"] for word in first["words"]] == [True, True, False]
    assert first["assignments"] == [{"text": "x=1", "known": True}]
    assert first["redirections"][0]["operator"] == ">"
    assert first["rules"] == []
    assert "wipe-system" in first["considered"]
    deleted = first["effects"][1]
    assert (deleted["effect"], deleted["recursive"], deleted["guessed"]) == ("delete", True, False)
    assert deleted["on"]["known"] is False
    assert second["rules"] == ["read-password-hashes"]


def test_an_opaque_command_says_what_could_not_be_seen():
    """The reason is a word of docs/rules.md."""
    result = run("$x -rf /")
    assert "dynamic-command" in result.stdout
    assert "hold" in result.stdout


def test_hostile_text_is_made_printable():
    """A command with an escape sequence does not reach the terminal as one."""
    result = run("printf '\x1b]0;owned\x07'")
    assert "\x1b]" not in result.stdout
    assert "\\x1b" in result.stdout


def test_other_rules_can_be_asked(tmp_path):
    """`--rules` names the folder."""
    assert run("ls", "--rules", tmp_path).exit_code == 1


def test_a_profile_can_be_asked():
    """As if the person had it."""
    assert told("ls; danger", "--profile", "locked")["rule"] == "not-listed"
    assert told("ls", "--profile", "locked")["runs"][0]["listed"] == "look-at-files"
    result = run("ls; danger", "--profile", "locked")
    assert "listed as look-at-files" in result.stdout
    assert "not listed" in result.stdout


def test_a_person_on_a_host_is_asked_about(config):
    """By groups, labels and access rules: scopes, exemptions, profile."""
    where = ("--config", config, "--as", "ann", "--on")
    found = told("nvidia-smi -r", *where, "gpu-01")
    assert (found["verdict"], found["rule"]) == ("allow", "research-resets")
    assert found["runs"][0]["lifted"] == {"gpu-reset": "research-resets"}
    assert (found["profile"], found["login"], found["groups"]) == (
        "protected",
        "ubuntu",
        ["research"],
    )
    assert told("$x", *where, "gpu-01")["verdict"] == "hold"
    production = told("nvidia-smi -r", *where, "web-01")
    assert (production["profile"], production["verdict"]) == ("locked", "block")
    assert production["runs"][0]["elsewhere"] == {"research-resets": "labels"}
    shown = run("nvidia-smi -r", *where, "gpu-01").stdout
    assert "ann in research" in shown
    assert "ubuntu@gpu-01" in shown
    assert "(lifted by research-resets)" in shown


def test_a_rule_for_others_is_named(config):
    """So that nobody wonders why it does not count."""
    assert (
        "interns-wait is for other groups"
        in run("python x.py", "--config", config, "--as", "ann").stdout
    )
    assert told("python x.py", "--config", config, "--groups", "interns")["rule"] == "interns-wait"


def test_who_may_not_come_is_told_of(config):
    """The verdict is for the question all the same."""
    result = run("ls", "--config", config, "--groups", "nobody", "--on", "gpu-01")
    assert result.exit_code == 0
    assert "the access rules do not let them in" in result.stderr
    assert "no host gpu-99" in run("ls", "--config", config, "--as", "ann", "--on", "gpu-99").stderr
    result = run("ls", "--config", config, "--as", "eve")
    assert result.exit_code == 1
    assert "no certificate was issued to eve" in result.stderr
