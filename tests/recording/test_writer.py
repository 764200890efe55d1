"""The recorder: handed over before it returns, chained, and failed for good once it failed."""

import json
import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bastion.errors import RecordingError
from bastion.events import Input, Output
from bastion.recording.reader import events, verify
from bastion.recording.writer import SEGMENT_BYTES, Recorder

RECORD_UNTIL_KILLED = """
import sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from bastion import chain
from bastion.clock import SystemClock
from bastion.events import Output
from bastion.recording.asciicast import Header
from bastion.recording.writer import Recorder
signer = chain.Signer(Ed25519PrivateKey.generate())
recorder = Recorder(Path(sys.argv[1]), Header(80, 24, "xterm", 0, "t"), {}, clock=SystemClock(),
                    signer=signer)
for number in range(10**9):
    recorder.write(Output(b"%d " % number + bytes(number % 997)))
    print(number, flush=True)  # as the user would see it: after the record
"""

RECORD_ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from bastion import chain
from bastion.clock import SystemClock
from bastion.errors import RecordingError
from bastion.events import Output
from bastion.recording.asciicast import Header
from bastion.recording.writer import Recorder
signer = chain.Signer(Ed25519PrivateKey.generate())
recorder = Recorder(Path(sys.argv[1]), Header(80, 24, "xterm", 0, "t"), {}, clock=SystemClock(),
                    signer=signer)
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
written = 0
try:
    for written in range(100):
        recorder.write(Output(b"x" * 1000))
except RecordingError as error:
    print(written, error)
resource.setrlimit(resource.RLIMIT_FSIZE, limits)  # there is room again
for again in (lambda: recorder.write(Output(b"y")), recorder.seal):
    try:
        again()
    except RecordingError as error:
        print("still", error)
"""


def test_what_is_written_is_in_the_file_at_once(recorder, path):
    """Nothing waits in a buffer of ours."""
    recorder.write(Output(b"hello"))
    assert path.read_bytes().endswith(b'"o","hello"]\n')


def test_each_event_is_one_write(recorder, path):
    """Annotation and event are never apart: the file never ends between them."""
    before = path.stat().st_size
    recorder.write(Output(b"\xff"))
    added = path.read_bytes()[before:]
    assert added.count(b"\n") == 2
    assert added.startswith(b'#{"raw"')


def test_kill_9_leaves_every_byte_that_was_shown(tmp_path):
    """A real process, killed while it records: all that it had shown is in the file."""
    path = tmp_path / "killed.cast"
    with subprocess.Popen(
        [sys.executable, "-c", RECORD_UNTIL_KILLED, path], stdout=subprocess.PIPE, text=True
    ) as process:
        shown = [int(process.stdout.readline()) for _ in range(500)]
        process.kill()
        shown += [int(line) for line in process.stdout.read().splitlines()]
    assert process.returncode == -signal.SIGKILL
    recorded = [timed.event.data for timed in events(path)]
    assert len(recorded) >= len(shown) == shown[-1] + 1
    assert recorded[: len(shown)] == [b"%d " % n + bytes(n % 997) for n in shown]


def test_a_full_disk_ends_the_recording(tmp_path):
    """The write that does not fit raises, and so does everything after it, room or not."""
    path = tmp_path / "full.cast"
    told = subprocess.run(
        [sys.executable, "-c", RECORD_ON_A_FULL_DISK, path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    written, _, words = told[0].partition(" ")
    assert "cannot be written" in words
    assert told[1:] == ["still the recording is closed"] * 2
    whole = [timed.event.data for timed in events(path)]
    assert whole == [b"x" * 1000] * int(written)


def test_a_device_without_room_raises(recorder):
    """ENOSPC, as a full disk gives it; the seal then raises too and lets go of the file."""
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, recorder._fd)
    os.close(full)
    with pytest.raises(RecordingError, match="No space left"):
        recorder.write(Output(b"x"))
    with pytest.raises(RecordingError):
        recorder.write(Output(b"x"))
    with pytest.raises(RecordingError):
        recorder.seal()
    recorder.seal()


def test_a_recorder_that_cannot_begin_holds_nothing(tmp_path, header, clock, signer):
    """Neither the file's lock nor its descriptor outlives the failed start."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(RecordingError):
            Recorder(tmp_path / "x.cast", header, {}, clock=clock, signer=signer)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_two_recorders_never_share_a_file(recorder, path, header, clock, signer):
    """The second is refused, and the first goes on."""
    with pytest.raises(RecordingError, match="File exists"):
        Recorder(path, header, {}, clock=clock, signer=signer)
    recorder.write(Output(b"x"))


def test_a_file_that_stands_there_is_not_overwritten(path, header, clock, signer):
    """Nor is a link followed."""
    path.parent.mkdir()
    path.symlink_to("elsewhere")
    with pytest.raises(RecordingError):
        Recorder(path, header, {}, clock=clock, signer=signer)
    assert not (path.parent / "elsewhere").exists()


@pytest.mark.usefixtures("recorder")
def test_the_file_is_its_owners_only(path):
    """Nobody else reads what was typed."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_told(header, clock, signer):
    """With the path in the sentence."""
    with pytest.raises(RecordingError, match=r"/dev/null/x/y\.cast"):
        Recorder(Path("/dev/null/x/y.cast"), header, {}, clock=clock, signer=signer)


def test_the_sealed_file_is_proven(sealed, signer):
    """Every line of it."""
    check = verify(sealed, signer.verifier)
    assert (check.is_sealed, check.problem, check.unproven_lines) == (True, "", 0)
    assert check.links > 2


def test_a_link_comes_with_the_event_after_a_second(recorder, path, clock):
    """Not before, and not while nothing happens."""
    recorder.write(Input(b"a"))
    clock.advance(0.9)
    recorder.write(Input(b"b"))
    assert b'#{"link"' not in path.read_bytes()
    clock.advance(0.1)
    recorder.write(Input(b"c"))
    assert path.read_bytes().count(b'#{"link"') == 1


def test_a_link_comes_with_the_bytes_of_a_segment(recorder, path):
    """However fast they come."""
    chunk = b"x" * (SEGMENT_BYTES // 4)
    for _ in range(8):
        recorder.write(Output(chunk))
    assert path.read_bytes().count(b'#{"link"') == 2


def test_after_the_seal_nothing_is_written(sealed, recorder):
    """Not even by mistake; sealing again does nothing."""
    before = sealed.read_bytes()
    recorder.seal()
    with pytest.raises(RecordingError):
        recorder.write(Output(b"late"))
    assert sealed.read_bytes() == before


def test_closing_leaves_the_file_without_a_seal(recorder, path, signer):
    """As a failed session leaves it."""
    recorder.write(Output(b"x"))
    recorder.close()
    check = verify(path, signer.verifier)
    assert not check.is_sealed
    assert check.unproven_lines == 3


def test_the_second_line_tells_the_session(sealed):
    """So that the file stands without the store."""
    assert json.loads(sealed.read_bytes().splitlines()[1][1:]) == {"session": {"id": "01kah9"}}
