"""`bastion sessions`, `bastion verify` and `bastion replay`, as they are typed."""

import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from bastion.cli.app import app
from bastion.recording.reader import read_header
from bastion.store.rows import FileDeed
from tests.replay_tui.conftest import Record
from tests.samples import login

CONFIG = """\
state_dir = "state"
[ssh]
listen = { host = "127.0.0.1", port = 0 }
[oidc]
issuer = "https://id.example.test"
client_id = "bastion"
"""
HOSTILE = "\x1b[2J[red]\u202e\r\nx"


@pytest.fixture
def config(tmp_path):
    """A configuration whose state is beside it."""
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def record(tmp_path, clock):
    """A record without sessions."""
    made = Record(tmp_path / "state", clock)
    yield made
    made.close()


@pytest.fixture
def ended(record):
    """Ann's shell: an allowed and a held command, and a login before it; then Bob's command."""
    record.store.sessions.add_login(login(at=record.clock.now() - 5))
    record.store.sessions.add_login(
        login(at=record.clock.now() - 4, subject="s-bob", account="bob")
    )
    scene = record.scene("ann")
    scene.judged("ls -l")
    scene.judged("rm -rf x", "hold", rule="data.delete", outcome="released", by="eve")
    scene.end()
    record.clock.advance(60)
    other = record.scene("bob", "ubuntu@gpu-07", command="mine")
    other.judged("mine", "block", rule="mining")
    other.end(1)
    return scene


@pytest.fixture
def bastion(config, monkeypatch):
    """Call it, on a wide terminal without colours."""
    monkeypatch.setenv("BASTION_CONFIG", str(config))
    monkeypatch.setattr("bastion.cli.output.OUT._width", 200)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_list_shows_the_newest_first(bastion, ended):
    """Who, where, how it ended, what was stopped; the worst verdict first."""
    done = bastion("sessions", "list")
    assert done.exit_code == 0
    head, bob, ann = done.stdout.splitlines()
    assert head.split() == ["ID", "WHEN", "WHO", "WHERE", "KIND", "ENDED", "VERDICTS"]
    assert re.search(r"bob +ubuntu@gpu-07 +exec +exit +1 block", bob)
    assert re.search(r"ann +root@gpu-01 +shell +exit +1 hold, 1 allow", ann)
    assert ended.session.id.endswith(ann.split()[0])


def test_list_for_scripts(bastion, ended):
    """JSON with stable keys; --limit keeps the newest."""
    done = bastion("sessions", "list", "--json")
    bob, ann = json.loads(done.stdout)
    assert (bob["account"], bob["verdicts"], bob["exit_status"]) == ("bob", {"block": 1}, 1)
    assert (ann["id"], ann["target"], ann["login"]) == (ended.session.id, "gpu-01", "root")
    assert json.loads(bastion("sessions", "list", "--json", "--limit", "1").stdout) == [bob]
    assert bastion("sessions", "list", "--limit", "0").exit_code == 2


def test_an_empty_record_is_no_error(bastion, record):
    """A sentence for people on stderr, an empty list for scripts."""
    done = bastion("sessions", "list")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "There are no sessions yet.\n"
    assert json.loads(bastion("sessions", "list", "--json").stdout) == []
    assert record.state.database.exists()


def test_show_tells_one_session(bastion, ended):
    """The facts, the login that led to it, each command with what came of it, the proof."""
    done = bastion("sessions", "show", ended.session.id)
    assert done.exit_code == 0
    assert "ann (s-ann) from 192.0.2.7" in done.stdout
    assert "root@gpu-01" in done.stdout
    assert "sealed: whole and unchanged" in done.stdout
    assert done.stdout.count("with certificate 7") == 1
    assert re.search(r"hold +data\.delete +rm -rf x +released eve", done.stdout)


def test_show_for_scripts(bastion, ended):
    """The same as JSON."""
    tree = json.loads(bastion("sessions", "show", ended.session.id, "--json").stdout)
    assert tree["session"]["id"] == ended.session.id
    assert tree["recording"]["proof"] == "sealed"
    assert tree["recording"]["fits"] is True
    commands = [(each["text"], each["verdict"], each["outcome"]) for each in tree["commands"]]
    assert commands == [("ls -l", "allow", ""), ("rm -rf x", "hold", "released")]
    assert [login["subject"] for login in tree["logins"]] == ["s-ann"]


def test_a_session_is_found_by_its_start_or_end(bastion, ended):
    """As far as that is unique; what is not found is one sentence."""
    for name in (ended.session.id[:8], ended.session.id.upper()):
        assert bastion("sessions", "show", name).exit_code == 0
    for name, sentence in (
        ("01kah9", "more than one session begins or ends with '01kah9'; give more"),
        ("nope", "there is no session 'nope'; `bastion sessions list` shows them"),
    ):
        done = bastion("sessions", "show", name)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr == f"bastion: {sentence}\n"


def test_hostile_texts_are_shown_and_not_obeyed(bastion, record):
    """No control character, no markup, in every table."""
    scene = record.scene(HOSTILE, f"{HOSTILE}@{HOSTILE}", command=HOSTILE)
    scene.judged(HOSTILE, "block", rule=HOSTILE, outcome=HOSTILE, by=HOSTILE)
    scene.end()
    for arguments in (("list",), ("show", scene.session.id)):
        done = bastion("sessions", *arguments)
        assert done.exit_code == 0
        assert "[red]" in done.stdout
        assert all(line.isprintable() for line in done.stdout.split("\n"))


def test_export_writes_the_recording_as_it_is(bastion, ended, tmp_path):
    """Byte for byte, so that it still proves itself."""
    done = bastion("sessions", "export", ended.session.id)
    assert done.stdout_bytes == ended.path.read_bytes()
    (tmp_path / "out.cast").write_bytes(done.stdout_bytes)
    assert read_header(tmp_path / "out.cast").title == "ann on root@gpu-01"


def test_export_refuses_a_terminal(config, ended):
    """Recorded escapes never reach the terminal of whoever looks."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "bastion", "sessions", "export", ended.session.id]
    done = subprocess.run(
        [*command, "--config", str(config)], stdout=theirs, stderr=subprocess.PIPE, check=False
    )
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 1
    assert b"not to a terminal" in done.stderr


def test_verify_finds_that_all_fits(bastion, ended):
    """Every recording and the audit log."""
    done = bastion("verify")
    assert (done.exit_code, done.stdout) == (0, "2 recordings and the audit log: all fit\n")
    assert bastion("verify", ended.session.id).stdout.startswith("1 recording and the audit log:")


def test_verify_names_the_place(bastion, ended):
    """One changed byte: which recording, what line; exit status 1, for one session and for all."""
    ended.path.write_bytes(ended.path.read_bytes().replace(b"rm -rf x", b"rm -rf y"))
    for arguments in ((), (ended.session.id,)):
        done = bastion("verify", *arguments)
        assert done.exit_code == 1
        assert re.search(rf"{ended.session.id} +broken +line \d+: ", done.stdout)
        assert done.stdout.endswith("1 does not fit\n")
    tree = json.loads(bastion("verify", "--json").stdout)
    assert tree["fits"] is False
    bad = [finding for finding in tree["findings"] if not finding["fits"]]
    assert [(each["name"], each["proof"]) for each in bad] == [(ended.session.id, "broken")]


def test_verify_misses_what_was_removed(bastion, ended):
    """A recording that is gone is a finding, not an error."""
    ended.path.unlink()
    done = bastion("verify")
    assert done.exit_code == 1
    assert re.search(rf"{ended.session.id} +missing +there is no file", done.stdout)


def test_replay_starts_the_viewer(config, ended):
    """With the same configuration; it prints here, because no terminal is there."""
    command = [sys.executable, "-m", "bastion", "replay", ended.session.id, "--text"]
    done = subprocess.run(
        [*command, "--config", str(config)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "◆ held by data.delete: rm -rf x" in done.stdout


@pytest.mark.parametrize(
    "arguments", [("sessions", "list"), ("sessions", "show", "x"), ("verify",)]
)
def test_no_record_is_one_sentence(bastion, arguments):
    """Where the bastion never ran."""
    done = bastion(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "the bastion has not run with it" in " ".join(done.stderr.split())


def test_files_are_listed(bastion, ended, record):
    """In their session, and by name or hash in all; hostile names are printable."""
    sha256 = "ab" * 32
    row = FileDeed(ended.session.id, 1, 5.0, "open", "download", "/x.pt", "", "allow", "", "ok", 3)
    hostile = replace(row, number=2, path=f"/{HOSTILE}", action="delete", read_bytes=0)
    record.store.files.add([replace(row, read_sha256=sha256), hostile])
    shown = bastion("sessions", "show", ended.session.id).stdout
    assert re.search(r"download +/x.pt +3 +ab{1}a", shown)
    assert "\x1b[2J" not in shown
    found = bastion("sessions", "files", "*.pt").stdout
    assert ended.session.id[-8:] in found
    (tree,) = json.loads(bastion("sessions", "files", sha256, "--json").stdout)
    assert (tree["path"], tree["read_sha256"]) == ("/x.pt", sha256)
    shown = json.loads(bastion("sessions", "show", ended.session.id, "--json").stdout)
    assert [each["number"] for each in shown["files"]] == [1, 2]
    assert "No such file" in bastion("sessions", "files", "nothing").stderr
