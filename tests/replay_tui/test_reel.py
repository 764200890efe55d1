"""A recording made ready for seeking."""

import pytest

from bastion.errors import RecordingError
from bastion.events import Exit, FileAsked, FileDone, Masked, Output, Resize
from replay_tui import reel as reels
from replay_tui.reel import Reel


def read(path, **options):
    """The reel, read to the end of the file."""
    reel = Reel(path, **options)
    while reel.read_on(100):
        pass
    return reel


def test_it_knows_duration_commands_pauses_and_end(story):
    """As they stand in the recording."""
    reel = read(story.path)
    assert reel.is_loaded
    assert reel.duration == pytest.approx(100)
    assert [(round(e.at), e.judged.text, e.judged.verdict) for e in reel.entries] == [
        (10, "ls", "allow"),
        (50, "rm -rf x", "hold"),
        (70, "vi [bold]x", "opaque"),
        (90, "gpu reset", "block"),
    ]
    assert reel.entries[1].outcome.by == "bob"
    assert reel.entries[1].settled_at == pytest.approx(51)
    assert [(round(a), round(b)) for a, b in reel.gaps] == [
        (1, 10),
        (11, 50),
        (52, 70),
        (71, 90),
        (91, 100),
    ]
    assert reel.exit == Exit(0)


def test_it_reads_on_while_the_file_grows(record):
    """What is not there yet comes with the next look."""
    scene = record.scene()
    reel = Reel(scene.path, is_live=True)
    assert not reel.read_on()
    scene.record(b"a", b"b")
    assert reel.read_on()
    assert reel.duration == pytest.approx(1.0)
    assert not reel.read_on()
    scene.judged("ls")
    reel.read_on()
    assert [entry.judged.text for entry in reel.entries] == ["ls"]


def test_it_reads_as_much_as_it_is_asked_to(record):
    """So that a long recording can be read beside playing."""
    scene = record.scene()
    scene.record(*[b"x"] * 10)
    scene.end()
    reel = Reel(scene.path)
    reel.read_on(4)
    assert (reel.duration, reel.is_loaded) == (pytest.approx(2.0), False)
    reel.read_on(100)
    assert (reel.duration, reel.is_loaded) == (pytest.approx(5.5), True)


def test_steps_never_run_ahead_of_what_was_read(record):
    """A player sees what the reel knows, no more."""
    scene = record.scene()
    scene.record(b"a", b"b", b"c")
    reel = Reel(scene.path)
    reel.read_on(2)
    assert [s.timed.event for s in reel.steps(reels.START)] == [Output(b"a"), Output(b"b")]


def test_keyframes_are_kept_as_it_goes(record):
    """After so many events, or so many bytes; the first is the empty screen."""
    scene = record.scene()
    scene.record(*[b"line\r\n"] * (reels.KEYFRAME_EVENTS * 2), after=0.01)
    scene.record(*[b"x" * 100_000] * 6, after=1)
    reel = read(scene.path)
    moments = [keyframe.place.at for keyframe in reel._keyframes]
    assert moments == pytest.approx([0, 20, 40, 43, 46])
    assert reel.keyframe(0).dump == ""
    assert reel.keyframe(19.9).place.at == 0
    assert reel.keyframe(20.1).place.at == pytest.approx(20)
    assert reel.keyframe(999).place.at == pytest.approx(46)


def test_a_keyframe_is_never_taken_inside_a_character(record):
    """It would lose the half."""
    scene = record.scene()
    half, rest = "é".encode()[:1], "é".encode()[1:]
    scene.record(*[b"x" * 100_000] * 2, b"x" * 100_000 + half, rest, b"!", after=1)
    reel = read(scene.path)
    assert [round(keyframe.place.at) for keyframe in reel._keyframes] == [0, 5]


def test_a_keyframe_waits_for_a_resized_full_screen_program(record):
    """What it hides is not exact in a dump; but it does not wait for ever."""
    scene = record.scene()
    scene.record(b"shell\x1b[?1049h\x1b[2Jeditor", Resize(30, 8), after=0)
    few = [b"x"] * reels.KEYFRAME_EVENTS
    scene.record(*few, after=0)
    reel = read(scene.path)
    assert len(reel._keyframes) == 1
    scene.record(b"\x1b[?1049l", *few, after=0)
    reel.read_on(10_000)
    assert len(reel._keyframes) == 2
    scene.record(b"\x1b[?1049h", Resize(40, 10), *few * (reels.MAX_POSTPONED + 2), after=0)
    reel.read_on(100_000)
    assert len(reel._keyframes) == 3


def test_a_screen_of_absurd_size_is_bounded(record):
    """A client may claim any size; the viewer's memory is its own."""
    scene = record.scene(size=(4_000_000_000, 4_000_000_000))
    scene.record(Resize(2**32 - 1, 2**32 - 1), Resize(0, 0), Masked(), b"x")
    reel = read(scene.path)
    assert reel._stage.screen.size == (2, 1)


def test_a_broken_line_ends_the_reel_there(record):
    """Everything before it can be watched, and the problem is told."""
    scene = record.scene()
    scene.record(b"a", b"b")
    with scene.path.open("ab") as file:
        file.write(b"no event\n")
    scene.record(b"c")
    reel = read(scene.path)
    assert "no event" in reel.problem or "is no event" in reel.problem
    assert reel.is_loaded
    assert [step.timed.event for step in reel.steps(reels.START)] == [Output(b"a"), Output(b"b")]


def test_an_outcome_of_nothing_known_is_left_out(record):
    """A forged or torn recording may hold one."""
    scene = record.scene()
    scene.record(reels.Outcome("nobody", "released"))
    assert read(scene.path).entries == []


def test_a_file_without_a_header_is_refused(tmp_path):
    """As a bastion that died at once leaves it."""
    path = tmp_path / "empty.cast"
    path.touch()
    with pytest.raises(RecordingError):
        Reel(path)


def test_how_many_commands_are_past(story):
    """Up to a moment, that moment included."""
    reel = read(story.path)
    first = reel.entries[0].at
    assert [reel.past(at) for at in (0, first - 0.01, first, 60, 1000)] == [0, 0, 1, 2, 4]


def test_files_are_among_the_commands(record):
    """With what became of them; who only looked is on the screen alone."""
    scene = record.scene(term="")
    scene.record(
        FileAsked(1, "stat", "look", "/x"),
        FileDone(1, "ok"),
        FileAsked(2, "open", "download", "/x"),
        FileDone(2, "ok", read_bytes=3),
    )
    reel = read(scene.path)
    (entry,) = reel.entries
    assert (entry.judged.text, entry.outcome.outcome) == ("download /x", "ok: 3 bytes read")
    assert reel._stage.screen.lines()[:2] == ["#1 look /x", "#1 ok"]
