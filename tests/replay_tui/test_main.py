"""`bastion-replay` as it is called."""

import os
import pty
import shutil
import struct
import sys
import termios
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory

import pytest
from typer.testing import CliRunner

from replay_tui import __main__ as program
from tests.servers.bystander import bystander

ROOT = Path(__file__).parents[2]


@pytest.fixture
def replay():
    """Call it without a terminal."""
    return lambda *arguments: CliRunner().invoke(program._app, [*map(str, arguments)])


@contextmanager
def terminal(*arguments):
    """It, on a real terminal of 100 by 30."""
    ours, theirs = pty.openpty()
    ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    command = [sys.executable, "-m", "replay_tui", *map(str, arguments)]
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    process = Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    try:
        yield ours, process
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def read_until(terminal, *wanted):
    """What it wrote, up to when all of *wanted* was in it."""
    seen = b""
    while not all(text in seen for text in wanted):
        seen += os.read(terminal, 65536)
    return seen


def test_it_plays_on_a_terminal(record, story):
    """The list, a session, back and out; the terminal is left as it was."""
    with terminal("--state", record.state.root) as (ours, process):
        read_until(ours, b"gpu-01", b"Quit")
        os.write(ours, b"\r")
        read_until(ours, b"playing", b"sealed")
        os.write(ours, b"q")
        read_until(ours, b"Quit")
        os.write(ours, b"q")
        read_until(ours, b"\x1b[?1049l")
        assert process.wait() == 0
    assert story.session.account == "ann"


def test_a_session_opens_directly(record, story):
    """By its identifier's end."""
    with terminal("--state", record.state.root, story.session.id[-19:]) as (ours, _):
        read_until(ours, b"playing", b"sealed")


def test_text_prints_the_session(record, story, replay):
    """What the screen showed, with the verdicts between; for scripts."""
    done = replay("--state", record.state.root, "--text", story.session.id)
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "# ls" in lines
    assert "── 0:50 ◆ held by data.delete: rm -rf x  (deletes)" in lines
    assert "── 0:51 → released by bob" in lines
    assert lines[-1] == "── 1:40 ■ exit 0"


def test_text_of_a_changed_recording_is_printed_and_fails(record, story, replay):
    """Whoever prints evidence learns that it is none."""
    story.path.write_bytes(story.path.read_bytes().replace(b"bye", b"b?e"))
    done = replay("--state", record.state.root, "--text", story.session.id)
    assert "b?e" in done.stdout
    assert done.exit_code == 1
    assert done.stderr.startswith("bastion-replay: this recording is not proven: it was changed (")


def test_hostile_output_is_no_control_in_text(record, replay):
    """Only lines come out."""
    scene = record.scene("\x1b[2J")
    scene.record(b"\x1b]0;t\x07a\x9bb\xe2\x80\xaec\r\n")
    scene.judged("x\x1b[2J\r\ny", "block", rule="\x07", reason="\u202e")
    scene.end()
    done = replay("--state", record.state.root, "--text", scene.session.id)
    assert done.exit_code == 0
    assert all(line.isprintable() for line in done.stdout.split("\n"))


LISTED = "; `bastion sessions list` shows them"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nope", "--text"], f"there is no session 'nope'{LISTED}"),
        (["%", "--text"], f"there is no session '%'{LISTED}"),
        (["\x1b[2J\u202e", "--text"], rf"there is no session '\x1b[2J\u202e'{LISTED}"),
        (["01kah9", "--text"], "more than one session begins or ends with '01kah9'; give more"),
        (["--text"], "--text needs a SESSION; `bastion sessions list` shows them"),
        ([], "the viewer needs a terminal; use --text to print a session"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(record, story, replay, arguments, sentence):
    """On stderr, with exit status 1."""
    record.scene().end()
    done = replay("--state", record.state.root, *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"bastion-replay: {sentence}\n"
    assert story.session.id


def test_a_missing_record_is_one_sentence(tmp_path, replay):
    """No state, or no configuration."""
    done = replay("--state", tmp_path)
    assert done.exit_code == 1
    assert done.stderr == (
        f"bastion-replay: there is no record in {tmp_path}: the bastion has not run with it\n"
    )
    done = replay("--config", tmp_path / "none.toml")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)


def test_help_shows_examples(replay):
    """With what to paste."""
    done = replay("--help")
    assert done.exit_code == 0
    assert "bastion-replay 01kahp --text | grep nvidia-smi" in done.stdout


@pytest.fixture
def shelf():
    """A folder that everybody may enter."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "state"


def test_a_folder_that_cannot_be_written_is_enough(record, story, replay, shelf):
    """Reading needs no right to write, and leaves nothing behind."""
    shutil.copytree(record.state.root, shelf)
    call = ("--state", shelf, "--text", story.session.id)
    said = replay("--state", record.state.root, "--text", story.session.id).stdout
    files = [shelf, *shelf.rglob("*")]
    for path in files:
        path.chmod(0o555 if path.is_dir() else 0o444)
    with bystander():
        done = replay(*call)
    assert (done.exit_code, done.stdout) == (0, said)
    assert [shelf, *shelf.rglob("*")] == files
    shelf.chmod(0o755)
