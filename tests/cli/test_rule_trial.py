"""`bastion rules try`: what a change would have decided on what was recorded."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from bastion.cli.rules import app
from bastion.clock import SystemClock
from bastion.rulepack import shipped_rules
from bastion.serve.initialise import initialise
from bastion.state import State
from bastion.store.sqlite.database import open_store
from tests.cli.settings import settings_in
from tests.samples import command, session

RUNNER = CliRunner(env={"COLUMNS": "400", "NO_COLOR": "1"})
DAY = 24 * 3600
CHANGE = """
[[rule]]
id = "gpu-reset"
verdict = "notify"
message = "Told only."
effect = "gpu.reset"
examples = [{ command = "nvidia-smi -r", verdict = "notify" }]

[[rule]]
id = "python-waits"
verdict = "hold"
message = "Ask."
programs = ["python"]
scope = { targets = ["gpu-01"] }
examples = [{ command = "python x.py", verdict = "hold", target = "gpu-01" }]
"""
RECORDED = [
    # text, verdict, rule, source, days ago, host
    ("nvidia-smi -r", "hold", "gpu-reset", "screen", 1, "gpu-01"),
    ("nvidia-smi -r", "hold", "gpu-reset", "screen", 2, "gpu-01"),
    ("python a.py", "opaque", "program-file", "exec", 3, "gpu-01"),
    ("python a.py", "opaque", "program-file", "exec", 3, "gpu-02"),
    ("print('it", "opaque", "opaque-in-program", "screen", 3, "gpu-01"),
    ("x\n[9 bytes in all, SHA-256 a]", "allow", "", "script", 3, "gpu-01"),
    ("uptime", "opaque", "opaque-lost-integration", "screen", 3, "gpu-01"),
    ("danger", "opaque", "opaque-unasked", "unasked", 3, "gpu-01"),
    ("write /x", "block", "folders", "files", 3, "gpu-01"),
    ("python old.py", "opaque", "program-file", "exec", 40, "gpu-01"),
]


@pytest.fixture
def config(tmp_path):
    """A bastion with the shipped rules and what people did lately."""
    path = settings_in(tmp_path)
    shutil.copytree(shipped_rules(), tmp_path / "rules")
    (tmp_path / "hosts.toml").write_text("")
    state = State(tmp_path / "state")
    initialise(state)
    store = open_store(state.database)
    now = SystemClock().now()
    for host in ("gpu-01", "gpu-02"):
        store.sessions.open(session(id=host, target=host))
    for number, (text, verdict, rule, source, days, host) in enumerate(RECORDED):
        store.sessions.add_command(
            command(
                id=f"c{number}",
                session_id=host,
                at=now - days * DAY,
                source=source,
                text=text,
                verdict=verdict,
                rule=rule,
            )
        )
    store.close()
    (tmp_path / "change.toml").write_text(CHANGE)
    return path


def run(config, *args: object):
    return RUNNER.invoke(app, ["try", *map(str, args), "--config", str(config)])


def test_a_changed_file_is_laid_over_the_rules(config):
    """By id; with scopes; alike commands counted together, the most frequent first."""
    result = run(config, config.parent / "change.toml", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [(c["command"], c["target"], c["times"]) for c in found["changed"]] == [
        ("nvidia-smi -r", "gpu-01", 2),
        ("python a.py", "gpu-01", 1),
    ]
    assert found["changed"][0]["old"] == {"verdict": "hold", "rule": "gpu-reset"}
    assert found["changed"][0]["new"] == {"verdict": "notify", "rule": "gpu-reset"}
    assert found["counts"] == [
        {"old": "hold", "new": "notify", "times": 2},
        {"old": "opaque", "new": "hold", "times": 1},
    ]
    assert (found["commands"], found["left_out"]) == (6, 1)


def test_people_see_the_difference(config):
    """A line a command, and the counts."""
    result = run(config, config.parent / "change.toml")
    assert "hold → notify: 2" in result.stdout
    assert "3 of 6 recorded commands would be decided anew." in result.stdout
    assert "1 long scripts were left out" in result.stderr


def test_a_folder_takes_the_place_of_the_rules(config):
    """As it stands it changes nothing; nor does the time before `--since` count."""
    result = run(config, config.parent / "rules", "--since", "60d", "--json")
    found = json.loads(result.stdout)
    assert (found["commands"], found["changed"]) == (7, [])
    found = json.loads(run(config, config.parent / "rules", "--since", "36h", "--json").stdout)
    assert found["commands"] == 1


def test_a_mistake_is_named(config):
    """Nothing is judged by half a pack."""
    (config.parent / "change.toml").write_text(CHANGE.replace("effect =", "efect ="))
    result = run(config, config.parent / "change.toml")
    assert result.exit_code == 1
    assert "change.toml:2: rule 'gpu-reset'" in result.stderr
