"""`bastion rules` and `bastion explain`, as an operator uses them."""

import json
import shutil

import pytest
import typer
from typer.testing import CliRunner

from bastion.cli import rules
from bastion.rulepack import shipped_rules

HEADERS = {"commands": "[[rule]]", "knowledge": "[[program]]", "rules": "[[grant]]"}
ALONE = typer.Typer()
ALONE.command("explain")(rules.explain)
RUNNER = CliRunner()


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped rules, to be spoilt."""
    return shutil.copytree(shipped_rules(), tmp_path / "rules")


def run(*args: str):
    return RUNNER.invoke(rules.app, list(map(str, args)))


def explain(*args: str):
    return RUNNER.invoke(ALONE, list(map(str, args)))


def test_good_rules_are_found_good(folder):
    """With and without a folder: exit code 0 and the numbers, of every kind that was read."""
    (folder / "access.toml").write_text(
        '[[grant]]\nid = "g"\ngroups = ["a"]\ntargets = ["*"]\nlogins = ["root"]\n'
        '[[deny]]\nid = "d"\ntargets = ["x"]\n[[deny]]\nid = "e"\ntargets = ["y"]\n'
    )
    result = run("check", folder)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("1 grant, 2 denies, 0 requirements, ")
    assert result.stdout.endswith(" command rules, 3 rules for files: no mistake found.\n")
    assert "`bastion config check` reads the inventory" in result.stderr
    assert run("check").exit_code == 0


@pytest.mark.parametrize("name", ["commands/gpu.toml", "access.toml", "knowledge/gpu.toml"])
def test_a_mistake_is_named_with_its_place(folder, name):
    """File, line and what is wrong, on stderr; exit code 1."""
    path = folder / name
    lines = path.read_text().split("\n")
    at = lines.index(HEADERS[path.parent.name])
    lines.insert(at + 1, "colour = 1")
    path.write_text("\n".join(lines))
    result = run("check", folder)
    assert result.exit_code == 1
    assert result.stdout == ""
    told = "".join(result.stderr.split())
    assert f"{path.name}:{at + 1}:" in told
    assert "colour" in told


def test_a_folder_without_rules_is_a_mistake(tmp_path):
    """Every subcommand says so instead of finding nothing wrong."""
    for name in ("check", "test", "list"):
        result = run(name, tmp_path)
        assert result.exit_code == 1
        assert "no rule file" in " ".join(result.stderr.split())


def test_all_examples_are_tried(folder):
    """The shipped ones are all right."""
    result = run("test", folder)
    assert result.exit_code == 0, result.output
    assert "each gets the verdict" in result.output


def test_a_broken_promise_is_shown(folder):
    """Rule, example, both verdicts; exit code 1; the same as JSON."""
    path = folder / "commands" / "gpu.toml"
    honest = '{ command = "nvidia-smi", verdict = "allow" }'
    path.write_text(path.read_text().replace(honest, honest.replace("allow", "block")))
    result = run("test", folder)
    assert result.exit_code == 1
    assert "gpu-reset" in result.stdout
    assert "block" in result.stdout
    assert "1 of" in result.stderr
    tried = json.loads(run("test", folder, "--json").stdout)
    wrong = [trial for trial in tried if not trial["ok"]]
    assert [(t["rule"], t["command"], t["promised"], t["verdict"]) for t in wrong] == [
        ("gpu-reset", "nvidia-smi", "block", "allow")
    ]


def test_rules_are_listed(folder):
    """For people with id and reason, for scripts with everything."""
    assert "gpu-reset" in run("list", folder).stdout
    listed = json.loads(run("list", folder, "--json").stdout)
    (rule,) = (rule for rule in listed if rule["id"] == "gpu-reset")
    assert rule["verdict"] == "hold"
    assert rule["mitre"] == "T1529"
    assert rule["file"].endswith("gpu.toml")
    assert rule["line"] > 0


def test_a_command_is_explained():
    """What runs after wrappers, which rule matched, and why."""
    result = explain("sudo sh -c 'nvidia-smi --gpu-reset -i 0'")
    assert result.exit_code == 0, result.output
    for part in ("hold", "gpu-reset", "kills every job", "sudo", "nvidia-smi", "gpu.reset()"):
        assert part in result.stdout


def test_an_explanation_has_a_stable_form():
    """Words with what is known of them, places, rules."""
    text = "x=1 rm -rf $y >/dev/null; cat /etc/shadow"
    told = json.loads(explain(text, "--json").stdout)
    assert (told["verdict"], told["rule"]) == ("block", "read-password-hashes")
    assert [text[start:end] for start, end in told["dangerous"]] == ["cat /etc/shadow"]
    first, second = told["runs"]
    assert first["program"] == "rm"
    assert [word["known"] for word in first["words"]] == [True, True, False]
    assert first["assignments"] == [{"text": "x=1", "known": True}]
    assert first["redirections"][0]["operator"] == ">"
    assert first["rules"] == []
    deleted = first["effects"][1]
    assert (deleted["effect"], deleted["recursive"], deleted["guessed"]) == ("delete", True, False)
    assert deleted["on"]["known"] is False
    assert second["rules"] == ["read-password-hashes"]


def test_an_opaque_command_says_what_could_not_be_seen():
    """The reason is a word of docs/rules.md."""
    result = explain("$x -rf /")
    assert "dynamic-command" in result.stdout
    assert "hold" in result.stdout


def test_hostile_text_is_made_printable():
    """A command with an escape sequence does not reach the terminal as one."""
    result = explain("printf '\x1b]0;owned\x07'")
    assert "\x1b]" not in result.stdout
    assert "\\x1b" in result.stdout


def test_other_rules_can_be_asked(folder):
    """`--rules` names the folder."""
    shutil.rmtree(folder / "commands")
    assert explain("ls", "--rules", folder).exit_code == 1


def test_a_rule_that_names_no_approvers_is_told_of(folder):
    """What the configuration names is not known here; it is no mistake."""
    (folder / "access.toml").write_text(
        '[[grant]]\nid = "g"\ngroups = ["a"]\ntargets = ["*"]\nlogins = ["root"]\napproval = {}\n'
        '[[require]]\nid = "r"\ntargets = ["*"]\napproval = { approvers = ["leads"] }\n'
    )
    result = run("check", folder)
    assert result.exit_code == 0, result.output
    assert "access.toml:1: g names no approvers: those of [approval] may" in result.stderr
    assert "r names" not in result.stderr
