"""Recovery: what a killed bastion left is closed, and nothing of it is lost."""

import base64
import json
import os
import resource

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bastion import chain
from bastion.errors import RecordingError
from bastion.events import Exit, Output
from bastion.recording.reader import events, verify
from bastion.recording.recovery import recover
from bastion.recording.writer import Recorder


@pytest.fixture
def torn(recorder, path, clock):
    """A small recording with one link in the middle, and its writer gone."""
    recorder.write(Output(b"one\r\n"))
    clock.advance(1.5)
    recorder.write(Output(b"tw\xc3"))
    recorder.write(Output(b"\xb6\r\n"))
    recorder.close()
    return path


def closing_note(path):
    """What recovery wrote, before the seal."""
    return json.loads(path.read_bytes().splitlines()[-2][1:])["recovered"]


def test_a_cut_at_every_byte_is_closed_without_loss(torn, signer):
    """Whole lines stay, the torn rest is kept, the chain fits, the events are readable."""
    whole = torn.read_bytes()
    for end in range(len(whole) + 1):
        torn.write_bytes(whole[:end])
        assert recover(torn, signer)
        closed = torn.read_bytes()
        lines_end = whole.rfind(b"\n", 0, end) + 1
        assert closed.startswith(whole[:lines_end])
        rest = base64.b64decode(closing_note(torn)["torn"])
        assert whole[:lines_end] + rest == whole[:end]
        check = verify(torn, signer.verifier)
        assert check.is_sealed, f"cut to {end} bytes"
        assert check.is_recovered
        assert check.problem == ""
        assert len(list(events(torn))) == whole[:lines_end].count(b"\n[")


def test_the_note_tells_how_much_was_not_proven(torn, signer):
    """Lines after the last link: somebody could have changed them meanwhile."""
    unproven = verify(torn, signer.verifier).unproven_lines
    assert unproven > 0
    recover(torn, signer)
    assert closing_note(torn)["unproven_lines"] == unproven


def test_recovering_again_changes_nothing(torn, signer):
    """A sealed recording is left as it is."""
    recover(torn, signer)
    before = torn.read_bytes()
    assert recover(torn, signer)
    assert torn.read_bytes() == before


def test_a_sealed_recording_is_left_alone(sealed, signer):
    """It is not marked as recovered either."""
    before = sealed.read_bytes()
    assert recover(sealed, signer)
    assert sealed.read_bytes() == before
    assert not verify(sealed, signer.verifier).is_recovered


def test_a_recording_that_is_written_is_left_alone(recorder, path, signer):
    """Its writer holds the lock; it can go on, and be recovered once it is gone."""
    recorder.write(Output(b"x"))
    before = path.read_bytes()
    assert not recover(path, signer)
    assert path.read_bytes() == before
    recorder.write(Output(b"y"))
    recorder.close()
    assert recover(path, signer)


def test_a_tampered_recording_is_not_sealed(torn, signer):
    """Recovery never makes it look proven."""
    tampered = torn.read_bytes().replace(b"one", b"won")
    torn.write_bytes(tampered)
    with pytest.raises(RecordingError, match="broken at it or before it; it is left as it is"):
        recover(torn, signer)
    assert torn.read_bytes() == tampered


@pytest.mark.parametrize("behind", [b'[0,"o","x"]\n', b"x"])
def test_something_behind_the_seal_is_not_sealed_again(sealed, signer, behind):
    """Whole line or not."""
    forged = sealed.read_bytes() + behind
    sealed.write_bytes(forged)
    with pytest.raises(RecordingError, match="after the seal"):
        recover(sealed, signer)
    assert sealed.read_bytes() == forged


def test_another_bastions_recording_is_not_sealed(torn):
    """Its links are signed with a key that is not ours."""
    with pytest.raises(RecordingError, match="not ours"):
        recover(torn, chain.Signer(Ed25519PrivateKey.generate()))


@pytest.mark.parametrize("is_torn", [True, False])
def test_a_full_disk_loses_nothing(torn, signer, is_torn):
    """Recovery fails with a sentence, and can be tried again."""
    whole = torn.read_bytes()[:-3] if is_torn else torn.read_bytes()
    torn.write_bytes(whole)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 20, limits[1]))
    try:
        with pytest.raises(RecordingError, match="File too large"):
            recover(torn, signer)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert torn.read_bytes().startswith(whole)
    assert [path.name for path in torn.parent.iterdir()] == [torn.name]
    recover(torn, signer)
    assert verify(torn, signer.verifier).is_sealed
    assert torn.read_bytes().startswith(whole[: whole.rfind(b"\n") + 1])


def test_a_missing_recording_is_told(tmp_path, signer):
    """With its path."""
    with pytest.raises(RecordingError, match=r"none\.cast: No such file"):
        recover(tmp_path / "none.cast", signer)


def test_a_recorder_gives_way_to_recovery(path, header, clock, signer, monkeypatch):
    """Where recovery comes between making the file and locking it, the session does not begin."""
    made = os.open

    def made_and_recovered(name, flags, mode=0o777):
        fd = made(name, flags, mode)
        if flags & os.O_EXCL:
            monkeypatch.undo()
            assert recover(path, signer)
        return fd

    monkeypatch.setattr(os, "open", made_and_recovered)
    with pytest.raises(RecordingError):
        Recorder(path, header, {}, clock=clock, signer=signer)
    assert verify(path, signer.verifier).is_recovered


def test_a_recovered_recording_plays_to_its_end(torn, signer):
    """The last bytes shown are there; nothing is said about an exit."""
    recover(torn, signer)
    found = [timed.event for timed in events(torn)]
    assert found[-1] == Output(b"\xb6\r\n")
    assert not any(isinstance(event, Exit) for event in found)
