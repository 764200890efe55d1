"""Playing: where the playhead stands, and what the screen shows there."""

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bastion.events import Input, Masked, Output, Resize
from replay_tui import reel as reels
from replay_tui.playhead import SPEEDS, Playhead
from replay_tui.reel import Reel, Stage


def head(scene, *, is_live=False):
    """A playhead on the whole of the scene."""
    reel = Reel(scene.path, is_live=is_live)
    while reel.read_on(10_000):
        pass
    return Playhead(reel)


def text(playhead):
    """The screen's lines that are not blank."""
    return [line for line in playhead.screen.lines() if line]


def test_it_plays_in_step_with_time(story):
    """Ten seconds of watching are ten seconds of the session."""
    playhead = head(story)
    playhead.skips_idle = False
    assert text(playhead) == []
    assert playhead.advance(0.9)
    assert text(playhead) == []
    playhead.advance(0.2)
    assert text(playhead) == ["#"]
    playhead.advance(10)
    assert playhead.at == pytest.approx(11.1)
    assert text(playhead) == ["# ls", "file", "#"]


def test_it_stops_at_the_end_and_starts_again(story):
    """Space at the end means from the beginning."""
    playhead = head(story)
    playhead.skips_idle = False
    assert playhead.advance(1000)
    assert playhead.at == pytest.approx(100)
    assert playhead.is_at_end
    assert not playhead.is_playing
    assert not playhead.advance(5)
    playhead.toggle()
    assert (playhead.is_playing, playhead.at, text(playhead)) == (True, 0.0, [])


def test_paused_it_stands(story):
    """Time passes without it."""
    playhead = head(story)
    playhead.toggle()
    assert not playhead.advance(50)
    assert playhead.at == 0


@pytest.mark.parametrize("speed", SPEEDS)
def test_speed_multiplies_time(story, speed):
    """From a quarter to sixteen times."""
    playhead = head(story)
    playhead.skips_idle = False
    playhead.change_speed(SPEEDS.index(speed) - SPEEDS.index(1.0))
    playhead.advance(2)
    assert playhead.at == pytest.approx(2 * speed)


def test_speed_has_ends(story):
    """Pressing on changes nothing."""
    playhead = head(story)
    playhead.change_speed(99)
    assert playhead.speed == SPEEDS[-1]
    playhead.change_speed(-99)
    assert playhead.speed == SPEEDS[0]


def test_long_pauses_are_cut_to_two_seconds(story):
    """Events at 1, 10, 11, 50 …: after the one at 1 the next comes 2 seconds later."""
    playhead = head(story)
    playhead.advance(1.0)
    playhead.advance(1.9)
    assert playhead.at == pytest.approx(2.9)
    playhead.advance(0.2)
    assert playhead.at == pytest.approx(10.1)
    playhead.advance(0.9 + 2 + 0.5)
    assert playhead.at == pytest.approx(50.5)


def test_a_step_over_many_pauses_skips_each(story):
    """1 + 2, 1 + 2, 2 + 2, 1 + 2, 1 + 2.5 seconds are the whole session."""
    playhead = head(story)
    playhead.advance(15.99)
    assert playhead.at == pytest.approx(92.99)
    playhead.advance(0.5)
    assert not playhead.is_at_end
    playhead.advance(0.02)
    assert playhead.is_at_end


def test_skipping_switched_on_in_a_pause_leaves_it(story):
    """What was waited for longer than two seconds comes at once."""
    playhead = head(story)
    playhead.skips_idle = False
    playhead.advance(30)
    playhead.skips_idle = True
    playhead.advance(0.1)
    assert playhead.at == pytest.approx(50.1)


def test_seeking_forward_and_back(story):
    """The screen is the one of that moment; beyond the ends is the end."""
    playhead = head(story)
    playhead.seek(95)
    assert text(playhead)[-2:] == ["blocked", "#"]
    playhead.seek(5)
    assert text(playhead) == ["#"]
    playhead.seek(-3)
    assert (playhead.at, text(playhead)) == (0.0, [])
    playhead.seek(1e9)
    assert playhead.at == pytest.approx(100)
    assert "bye" in text(playhead)[-1]


def test_marks_are_held_and_blocked_commands(story):
    """Forward, back, and no further than the last."""
    playhead = head(story)
    moments = []
    while playhead.next_mark():
        moments.append(round(playhead.at))
    assert moments == [50, 90]
    assert playhead.previous_mark()
    assert round(playhead.at) == 50
    assert not playhead.previous_mark()
    assert round(playhead.at) == 50


def test_going_back_while_playing_leaves_the_mark_just_passed(story):
    """Otherwise N would never get past it."""
    playhead = head(story)
    playhead.seek(90)
    playhead.next_mark()
    playhead.advance(0.3)
    playhead.previous_mark()
    assert round(playhead.at) == 50


def test_a_session_without_a_terminal_shows_lines(record):
    """Bare line feeds, as pipes have them, begin at the left; stderr is shown too."""
    scene = record.scene(command="make")
    scene.record(b"one\ntwo\n", Output(b"oops\n", "stderr"), Output(b"held\n", notice=True))
    playhead = head(scene)
    playhead.seek(9)
    assert text(playhead) == ["one", "two", "oops", "held"]


def test_a_terminal_is_shown_as_it_was(record):
    """Bare line feeds go straight down there."""
    scene = record.scene()
    scene.record(b"one\ntwo")
    playhead = head(scene)
    playhead.seek(9)
    assert text(playhead) == ["one", "   two"]


def test_input_is_not_drawn_and_resizes_are(record):
    """The host's echo is what was seen; masked input is nowhere."""
    scene = record.scene()
    scene.record(b"password: ", Input(b"x"), Masked(), Resize(60, 20), b"ok")
    playhead = head(scene)
    playhead.seek(2)
    assert (text(playhead), playhead.screen.size) == (["password:"], (60, 20))
    playhead.seek(1)
    assert playhead.screen.size == (40, 10)


def test_a_live_session_is_followed_at_its_end(record):
    """What comes is shown at once; going back stops following, the end takes it up again."""
    scene = record.scene()
    scene.record(b"a", after=10)
    playhead = head(scene, is_live=True)
    playhead.seek(1e9)
    scene.record(b"b", after=30)
    playhead._reel.read_on()
    assert playhead.advance(0.03)
    assert (playhead.at, text(playhead)) == (pytest.approx(40), ["ab"])
    playhead.seek(20)
    scene.record(b"c", after=30)
    playhead._reel.read_on()
    playhead.skips_idle = False
    playhead.advance(1)
    assert playhead.at == pytest.approx(21)
    assert playhead.is_playing


def test_it_waits_for_a_reel_that_is_being_read(record):
    """It neither stops there nor runs ahead."""
    scene = record.scene()
    scene.record(*[b"x"] * 10)
    scene.end()
    reel = Reel(scene.path)
    reel.read_on(4)
    playhead = Playhead(reel)
    playhead.advance(5)
    assert (playhead.at, playhead.is_playing) == (pytest.approx(2.0), True)
    reel.read_on(100)
    playhead.advance(1)
    assert playhead.at == pytest.approx(3.0)


def test_a_session_without_events_is_at_its_end(record):
    """Nothing to play is no error."""
    playhead = head(record.scene())
    playhead.advance(1)
    assert not playhead.is_playing
    playhead.toggle()
    playhead.seek(5)
    assert playhead.at == 0


@pytest.fixture
def wild(record, monkeypatch):
    """A recording of everything, with a keyframe after every few events."""
    monkeypatch.setattr(reels, "KEYFRAME_EVENTS", 7)
    monkeypatch.setattr(reels, "MAX_POSTPONED", 10**6)
    rng = random.Random(5)  # noqa: S311  not a secret
    pieces = [
        b"text \xc3",
        b"\xa9 \xe6\x97",
        b"\xa5\r\n",
        b"\x1b[3",
        b"1mred",
        b"\x1b[0m\n",
        b"\x1b[?1049h\x1b[2Jfull",
        b"\x1b[?1049l",
        b"\x1b[5;5Hat",
        b"\x1b[2;4r",
        b"\xff",
        Resize(30, 8),
        Resize(40, 10),
        Input(b"x"),
        Masked(),
    ]
    scene = record.scene()
    scene.record(*(rng.choice(pieces) for _ in range(400)))
    return scene.end()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.floats(-1, 210), min_size=1, max_size=5))
def test_a_seek_shows_what_playing_would(wild, moments):
    """From any moment to any other, over keyframes, cut characters and cut sequences."""
    playhead = head(wild)
    reel = playhead._reel
    for at in moments:
        playhead.seek(at)
    straight = Stage(reel.header)
    for step in reel.steps(reels.START):
        if step.timed.at <= playhead.at:
            straight.show(step.timed.event)
    assert playhead.screen.runs() == straight.screen.runs()
    assert playhead.screen.dump() == straight.screen.dump()


def test_seeking_in_a_long_recording_is_instant(record):
    """An hour and 16 MB: the slowest of 30 jumps takes less than 100 ms."""
    scene = record.scene(size=(120, 40))
    line = b"\x1b[32m0123456789abcdef\x1b[0m " * 60 + b"\r\n"
    scene.record(*[line] * 10_000, after=0.36)
    playhead = head(scene)
    rng = random.Random(1)  # noqa: S311  not a secret
    slowest = 0.0
    for _ in range(30):
        began = time.process_time()
        playhead.seek(rng.random() * 3600)
        slowest = max(slowest, time.process_time() - began)
    assert playhead._reel.duration == pytest.approx(3600)
    assert slowest < 0.1
