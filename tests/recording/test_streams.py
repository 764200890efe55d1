"""The bytes of one stream, out of a recording."""

import os

import pytest

from bastion.errors import RecordingError
from bastion.events import Input, Masked, Output
from bastion.recording.asciicast import Header
from bastion.recording.streams import RecordedStream, recorded_bytes
from bastion.recording.writer import Recorder


def joined(path, stream) -> bytes:
    return b"".join(recorded_bytes(path, stream))


@pytest.mark.parametrize("term", ["", "xterm"])
def test_each_stream_is_byte_for_byte(tmp_path, clock, signer, term):
    """Text, binary, characters cut in two; other streams and the bastion's notices stay out."""
    noise, path = os.urandom(5000), tmp_path / "a.cast"
    recorder = Recorder(path, Header(80, 24, term, 0, "t"), {}, clock=clock, signer=signer)
    for event in (
        Input(noise),
        Input(b"\xc3"),
        Output(b"out \xe2\x82", "stdout"),
        Output(b"err\n", "stderr"),
        Output(b"[bastion] held\n", "stderr", notice=True),
        Masked(),
        Output(b"\xac\n" + noise, "stdout"),
        Input(b"\xa9"),
    ):
        recorder.write(event)
    recorder.seal()
    assert joined(path, RecordedStream.STDIN) == noise + b"\xc3\xa9"
    assert joined(path, RecordedStream.STDOUT) == b"out \xe2\x82\xac\n" + noise
    assert joined(path, RecordedStream.STDERR) == b"err\n"


def test_a_recording_that_is_gone_says_so(tmp_path):
    """No traceback."""
    with pytest.raises(RecordingError, match="No such file"):
        joined(tmp_path / "gone.cast", RecordedStream.STDOUT)
