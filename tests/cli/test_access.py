"""`bastion access explain`: which grant lets somebody in, and why the others do not."""

import json

import pytest
from typer.testing import CliRunner

from bastion.cli.access import app
from bastion.serve.initialise import initialise
from bastion.state import State
from bastion.store.rows import Certificate
from bastion.store.sqlite.database import open_store
from tests.cli.settings import settings_in

RUNNER = CliRunner(env={"COLUMNS": "400", "NO_COLOR": "1"})
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID3QoLpC32ZE97+scEwH9MdeDuQ9bxE0RNx298+tRIR/"
FRIDAY = "2027-03-05T09:00+01:00"
RULES = """
[[grant]]
id = "research"
groups = ["research"]
targets = ["gpu-*"]
logins = ["ubuntu", "{account}", "{claims.unix}"]
networks = ["10.0.0.0/8"]
windows = [{ days = ["fri"], from = "08:00", to = "18:00", zone = "Europe/Berlin" }]
session_seconds = 600

[[grant]]
id = "by-name"
subjects = ["sub-bob"]
targets = ["gpu-02"]
logins = ["ubuntu"]
channels = ["forward"]
forward = ["127.0.0.1:8888"]

[[grant]]
id = "pool"
groups = ["research"]
targets = ["*"]
labels = { pool = "big" }
logins = ["ubuntu"]

[[grant]]
id = "strong"
groups = ["research"]
targets = ["*"]
logins = ["root"]
claims = { team = "ml" }
acr = ["gold"]

[[deny]]
id = "interns"
groups = ["interns"]
targets = ["*"]

[[require]]
id = "second-factor"
targets = ["gpu-02"]
amr = ["otp"]
login_age_seconds = 60
"""


@pytest.fixture
def config(tmp_path):
    """A configuration with rules, two hosts, and certificates of two people."""
    path = settings_in(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "access.toml").write_text(RULES)
    (tmp_path / "hosts.toml").write_text(
        "".join(
            f'[[host]]\nname = "gpu-0{n}"\naddress = "192.0.2.{n}"\nhost_keys = ["{KEY}"]\n'
            for n in (1, 2)
        )
    )
    state = State(tmp_path / "state")
    initialise(state)
    store = open_store(state.database)
    for serial, account, groups in ((1, "ann", ("research",)), (2, "bob", ("interns", "\x1b[2J"))):
        store.certificates.add(
            Certificate(
                serial=serial,
                subject=f"sub-{account}",
                account=account,
                groups=groups,
                fingerprint="SHA256:x",
                valid_after=1,
                valid_before=2,
                issued_at=1.0,
                address="192.0.2.7",
                token_sha256=f"{serial:064}",
            )
        )
    store.close()
    return path


@pytest.fixture
def explain(config):
    def run(*arguments: str):
        return RUNNER.invoke(app, ["explain", *arguments, "--config", str(config)])

    return run


@pytest.fixture
def told(explain):
    def run(*arguments: str):
        result = explain(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return run


def test_it_says_which_grant_lets_somebody_in(told):
    """With channels, limits and the end of the window."""
    answer = told("ann", "gpu-01", "--login", "ubuntu", "--from", "10.1.2.3", "--at", FRIDAY)
    assert answer["allowed"]
    assert (answer["subject"], answer["groups"]) == ("sub-ann", ["research"])
    assert answer["grants"] == ["research"]
    assert answer["channels"] == ["exec", "shell"]
    assert (answer["read"], answer["write"]) == ([], [])
    assert answer["limits"] == {
        "session_seconds": 600,
        "idle_seconds": None,
        "sessions": None,
        "until": "2027-03-05T17:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("arguments", "rule", "words"),
    [
        (["ann", "gpu-01", "--at", FRIDAY], "research", "networks: an unknown address"),
        (["ann", "gpu-01", "--from", "::1"], "research", "networks: ::1 is not in 10.0.0.0/8"),
        (
            ["ann", "gpu-01", "--from", "10.0.0.1", "--at", "2027-03-05T19:00+01:00"],
            "research",
            "windows: not in fri 08:00-18:00 Europe/Berlin",
        ),
        (["--groups", "x,y", "gpu-01"], "research", "groups: in none of research; in x, y"),
        (["ann", "cpu"], "research", "targets: cpu is none of gpu-*"),
        (["ann", "gpu-01", "--login", "bob"], "research", "logins: opens ubuntu, ann"),
        (["ann", "gpu-01"], "pool", "labels: the host lacks pool = big"),
        (["ann", "gpu-01"], "by-name", "subjects: sub-ann is none of sub-bob"),
        (["ann", "gpu-01"], "strong", "claims: asks for team = ml; the login says nothing"),
        (
            ["ann", "gpu-01", "--claim", "team=ml", "--acr", "tin"],
            "strong",
            "acr: tin; needs one of gold",
        ),
        (["ann", "gpu-01"], "interns", "groups: in none of interns"),
        (["ann", "gpu-02"], "second-factor", "login_age_seconds: signed in at a time that is not"),
        (
            ["ann", "gpu-02", "--login-age", "90"],
            "second-factor",
            "login_age_seconds: signed in 90 s ago; at most 60 s",
        ),
        (
            ["ann", "gpu-02", "--login-age", "30", "--amr", "pwd"],
            "second-factor",
            "amr: signed in by pwd; needs one of otp",
        ),
    ],
)
def test_it_says_why_a_rule_does_not_apply(told, arguments, rule, words):
    """The first key that is not met, what it asks for, and what there is."""
    (line,) = (line for line in told(*arguments)["rules"] if line["id"] == rule)
    assert line["why"].startswith(words)
    assert line["place"].startswith("access.toml:")


def test_a_deny_is_the_cause(told):
    """Whatever else lets them in."""
    answer = told("bob", "gpu-02", "--login-age", "1", "--amr", "otp")
    assert not answer["allowed"]
    assert answer["cause"] == "denied by interns"
    applying = [line["id"] for line in answer["rules"] if line["applies"]]
    assert applying == ["interns", "by-name", "second-factor"]


def test_groups_may_be_asked_for_instead(told):
    """Without a person, or for the person with other groups."""
    there = ("--from", "10.0.0.1", "--at", FRIDAY)
    assert told("--groups", "research", "gpu-01", "--login", "ubuntu", *there)["allowed"]
    assert told("bob", "gpu-01", "--groups", "research", "--login", "bob", *there)["allowed"]
    assert not told("ann", "gpu-01", "--groups", "", *there)["allowed"]


def test_claims_of_the_login_are_told(told):
    """They fill templates."""
    there = ("--from", "10.0.0.1", "--at", FRIDAY, "--login", "a.b")
    assert not told("ann", "gpu-01", *there)["allowed"]
    assert told("ann", "gpu-01", *there, "--claim", "unix=a.b")["allowed"]


def test_an_operator_hears_that_a_host_is_missing(told):
    """Users do not; here the question is why."""
    answer = told("ann", "gpu-03", "--from", "10.0.0.1", "--at", FRIDAY)
    assert (answer["allowed"], "no such host" in answer["cause"]) == (False, True)


def test_people_get_a_table(explain):
    """With rule, place and reason; what the store holds is made printable."""
    result = explain("bob", "gpu-02", "--login-age", "1", "--amr", "otp")
    assert result.exit_code == 0, result.output
    for part in ("refused: denied by interns", "by-name", "access.toml:11", "second-factor"):
        assert part in result.stdout
    assert "\x1b[2J" not in result.stdout
    allowed = explain("ann", "gpu-01", "--from", "10.0.0.1", "--at", FRIDAY)
    assert "session_seconds 600" in allowed.stdout
    assert "exec, shell" in allowed.stdout


def test_a_tunnel_says_where_it_leads(explain):
    """Host and port."""
    given = ("--groups", "x", "--login-age", "1", "--amr", "otp")
    assert "127.0.0.1:8888" in explain("bob", "gpu-02", *given).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["gpu-01"], 2, "say who"),
        (["carol\x1b[2J", "gpu-01"], 1, "no certificate was issued to carol"),
        (["ann", "gpu-01", "--at", "noon"], 2, "no moment"),
        (["ann", "gpu-01", "--claim", "x"], 2, "NAME=VALUE"),
    ],
)
def test_a_question_that_cannot_be_answered(explain, arguments, code, words):
    """One sentence on stderr."""
    result = explain(*arguments)
    assert result.exit_code == code
    assert words in " ".join(result.stderr.split())
    assert "\x1b" not in result.stderr


def test_a_mistake_in_the_rules_is_named(config, explain):
    """With file, line and rule, as `bastion rules check` does."""
    path = config.parent / "rules" / "access.toml"
    path.write_text(
        RULES + '[[deny]]\nid = "bad"\ntargets = ["*"]\nwindows = [{ zone = "Mars" }]\n'
    )
    result = explain("ann", "gpu-01")
    assert result.exit_code == 1
    told = "".join(result.stderr.split())
    assert f"access.toml:{RULES.count(chr(10)) + 1}:rule'bad':windows.0.zone" in told


def test_it_says_whose_approval_would_open_it(config, explain, told):
    """And for how long at most; the configured approvers where the rule names none."""
    access = config.parent / "rules" / "access.toml"
    access.write_text(
        '[[grant]]\nid = "a"\ngroups = ["research"]\ntargets = ["gpu-*"]\nlogins = ["root"]\n'
        "approval = { window_seconds = 7200 }\n"
    )
    config.write_text(config.read_text() + '[approval]\napprovers = ["leads"]\n')
    answer = told("ann", "gpu-01", "--login", "root")
    assert not answer["allowed"]
    assert answer["approval"] == {"approvers": ["leads"], "window_seconds": 7200}
    shown = explain("ann", "gpu-01", "--login", "root").stdout
    assert "after approval by leads, for at most 2 h" in " ".join(shown.split())
    assert told("bob", "gpu-01", "--login", "root")["approval"] is None
    assert told("ann", "gpu-99", "--login", "root")["approval"] is None


def test_it_says_in_which_folders_files_may_be_used(told, tmp_path):
    """Where one of the channels for files is open."""
    path = tmp_path / "rules" / "access.toml"
    path.write_text(
        '[[grant]]\nid = "f"\ngroups = ["research"]\ntargets = ["*"]\nlogins = ["ubuntu"]\n'
        'channels = ["sftp-read", "sftp-write"]\nread = ["/data", "/home/{account}"]\n'
    )
    answer = told("ann", "gpu-01", "--login", "ubuntu")
    assert (answer["read"], answer["write"]) == (["/data", "/home/ann"], ["/"])
