"""`bastion rules score` measures a rule pack on labelled commands."""

import json

import pytest
from typer.testing import CliRunner

from bastion.cli import rules
from bastion.cli.rule_score import Decision, Record, lines, score
from bastion.verdict import Judgement, Verdict

RUNNER = CliRunner()
LINES = {
    "mixed": [("m1", "malicious", "rm -rf /"), ("b1", "benign", "ls"), ("b2", "benign", "reboot")],
    "attacks": [("m2", "malicious", "nvidia-smi -r"), ("m3", "malicious", "python")],
}


@pytest.fixture
def corpus(tmp_path):
    """A folder with labelled commands."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, kept in LINES.items():
        found = [{"id": i, "label": label, "command": c, "note": "x"} for i, label, c in kept]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(f) + "\n" for f in found))
    (folder / "notes.txt").write_text("no corpus")
    return folder


def run(*args):
    return RUNNER.invoke(rules.app, ["score", *map(str, args)])


def test_what_is_stopped_is_counted_by_label_and_file(corpus):
    """Held or blocked; opaque is counted apart, and is not stopped."""
    result = run(corpus)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["malicious"]["micro_percent"] == 66.67
    assert told["malicious"]["files"] == {
        "attacks": {"n": 2, "stopped_percent": 50.0},
        "mixed": {"n": 1, "stopped_percent": 100.0},
    }
    assert told["benign"]["files"] == {"mixed": {"n": 2, "stopped_percent": 50.0}}
    assert told["ambiguous"] == {"micro_percent": 0.0, "macro_percent": 0.0, "files": {}}
    assert told["opaque_percent"] == {"malicious": 33.33, "benign": 0.0, "ambiguous": 0.0}
    assert 0 < told["latency_ms"]["p50"] <= told["latency_ms"]["p99"] <= told["latency_ms"]["max"]


def test_each_decision_is_written(corpus, tmp_path):
    """One object a line, in the order of the files."""
    out = tmp_path / "out.jsonl"
    assert run(corpus, "--decisions", out).exit_code == 0
    found = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(d["id"], d["decision"], d["rule"]) for d in found] == [
        ("m2", "hold", "gpu-reset"),
        ("m3", "opaque", "interpreter"),
        ("m1", "block", "wipe-system"),
        ("b1", "allow", ""),
        ("b2", "hold", "power"),
    ]
    assert all(d["ms"] > 0 for d in found)


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": "a"}', '{"id": "a", "label": "odd", "command": "ls"}']
)
def test_a_line_that_is_no_record_is_named(corpus, line):
    """With its file and number."""
    (corpus / "mixed.jsonl").write_text(line + "\n")
    result = run(corpus)
    assert result.exit_code == 1
    assert "mixed.jsonl:1" in "".join(result.stderr.split())


def test_an_empty_folder_is_a_mistake(tmp_path):
    """Instead of figures about nothing."""
    assert run(tmp_path).exit_code == 1


def test_the_mean_over_files_leaves_small_ones_out():
    """A file with less than twenty such commands says little."""
    stopped, passed = Judgement(Verdict.HOLD), Judgement(Verdict.ALLOW)
    large = [Decision(Record("", "large", "malicious", ""), stopped, 0.001)] * 20
    small = [Decision(Record("", "small", "malicious", ""), passed, 0.001)] * 19
    told = score(large + small)["malicious"]
    assert told["macro_percent"] == 100.0
    assert told["micro_percent"] == 51.28


def test_what_people_are_told_of_has_run():
    """It is no stop, and in the decisions an allow by that rule."""
    told = Decision(Record("a", "f", "benign", ""), Judgement(Verdict.NOTIFY, "tells"), 0.001)
    assert not told.is_stopped
    (line,) = lines([told])
    assert json.loads(line) == {"id": "a", "decision": "allow", "rule": "tells", "ms": 1.0}
