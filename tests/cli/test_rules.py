"""`bastion rules`, as an operator uses it."""

import json
import shutil

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from bastion.cli import rules
from bastion.cli.rule_listing import begun_ids
from bastion.rulepack import shipped_rules

HEADERS = {"commands": "[[rule]]", "knowledge": "[[program]]", "rules": "[[grant]]"}
RUNNER = CliRunner()


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped rules, to be spoilt."""
    return shutil.copytree(shipped_rules(), tmp_path / "rules")


def run(*args: str):
    return RUNNER.invoke(rules.app, list(map(str, args)))


def test_good_rules_are_found_good(folder):
    """With and without a folder: exit code 0 and the numbers, of every kind that was read."""
    (folder / "access.toml").write_text(
        '[[grant]]\nid = "g"\ngroups = ["a"]\ntargets = ["*"]\nlogins = ["root"]\n'
        '[[deny]]\nid = "d"\ntargets = ["x"]\n[[deny]]\nid = "e"\ntargets = ["y"]\n'
    )
    result = run("check", folder)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("1 grant, 2 denies, 0 requirements, ")
    assert result.stdout.endswith(" listed commands, 3 rules for files: no mistake found.\n")
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


def test_a_rule_is_shown(folder):
    """What it says, where it stands, its examples; also what is listed and what is for files."""
    result = run("show", "gpu-reset", folder)
    assert result.exit_code == 0, result.output
    for part in ("T1529", "kills every job", "gpu.toml:", "sudo nvidia-smi -r", "exemptible  yes"):
        assert "".join(part.split()) in "".join(result.stdout.split())
    told = json.loads(run("show", "kill-by-name", folder, "--json").stdout)
    assert "pkill" in told["conditions"].get("programs", []) + told["effects"] or told["effects"]
    told = json.loads(run("show", "look-at-gpus", folder, "--json").stdout)
    assert (told["verdict"], told["conditions"]["programs"]) == ("listed", ["nvidia-smi"])
    assert told["examples"][0]["where"] == "profile locked"
    result = run("show", "no-such-rule", folder)
    assert result.exit_code == 1
    assert "there is no rule no-such-rule" in result.stderr


@pytest.mark.parametrize(
    ("typed", "ids"),
    [("gpu-res", {"gpu-reset"}), ("look-at-g", {"look-at-gpus"}), ("no-such", set())],
)
def test_the_tab_key_completes_an_id(folder, typed, ids):
    """Of rules and of what is listed, with what the rule is for; of a broken folder none."""
    context = typer.Context(get_command(rules.app))
    context.params["folder"] = folder
    found = dict(begun_ids(context, typed))
    assert found.keys() == ids
    assert all(isinstance(told, str) for told in found.values())
    (folder / "commands" / "gpu.toml").write_text("[[")
    assert begun_ids(context, typed) == []


def test_own_rules_are_read_and_tried(folder):
    """In the place of others, by id; a mistake in them is named."""
    (folder / "own").mkdir()
    own = folder / "own" / "a.toml"
    text = (folder / "commands" / "gpu.toml").read_text()
    rule = text[text.index("[[rule]]") : text.index("[[rule]]", text.index("[[rule]]") + 1)]
    rule = rule.replace('"hold"', '"block"')
    own.write_text(rule.replace('"block" }', '"block", groups = ["a"] }', 1))
    listed = json.loads(run("list", folder, "--json").stdout)
    (found,) = (each for each in listed if each["id"] == "gpu-reset")
    assert (found["verdict"], found["file"]) == ("block", str(own))
    assert found["examples"][0]["where"] == "groups a"
    assert run("test", folder).exit_code == 0
    own.write_text(rule.replace("severity", "seriousness"))
    result = run("check", folder)
    assert result.exit_code == 1
    assert "own/a.toml:1: rule 'gpu-reset'" in " ".join(result.stderr.split())


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
