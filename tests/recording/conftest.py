"""Recorders on files of their own."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bastion import chain
from bastion.events import (
    Exit,
    FileAsked,
    FileDone,
    Input,
    Judged,
    Marker,
    Masked,
    Outcome,
    Output,
    Resize,
)
from bastion.recording.asciicast import Header
from bastion.recording.writer import Recorder

HEADER = Header(80, 24, "xterm-256color", 1_800_000_000, "ann on root@gpu-01")

EVENTS = (
    Output(b"# "),
    Input(b"l"),
    Output(b"l"),
    Judged("c1", "ls \u00e9", "hold", "some.rule", "a reason"),
    Outcome("c1", "released", "bob", "fine"),
    Output(b"caf\xc3"),
    Output(b"\xa9\r\n\xff\x00\x1b[31m"),
    Output(b"oops\n", "stderr"),
    Output(b"bastion: wait", "stderr", notice=True),
    Masked(),
    Resize(100, 30),
    Marker("here"),
    FileAsked(1, "open", "download", "/a\u00e9 b", "", "allow", "some.rule", "a reason"),
    FileDone(1, "ok", 3, "ab" * 32),
    Exit(None, "KILL"),
)


@pytest.fixture
def signer():
    """A record's key."""
    return chain.Signer(Ed25519PrivateKey.generate())


@pytest.fixture
def path(tmp_path):
    """Where a recording stands."""
    return tmp_path / "2027" / "01kah9.cast"


@pytest.fixture
def recorder(path, clock, signer):
    """A recorder that has just begun."""
    begun = Recorder(path, HEADER, {"id": "01kah9"}, clock=clock, signer=signer)
    yield begun
    begun.close()


@pytest.fixture
def sealed(recorder, path, clock):
    """The path of a sealed recording of every kind of event, with several links."""
    for event in EVENTS:
        clock.advance(0.4)
        recorder.write(event)
    recorder.seal()
    return path


@pytest.fixture
def header():
    """A header of a session with a terminal."""
    return HEADER


@pytest.fixture
def every_event():
    """One of each kind."""
    return EVENTS
