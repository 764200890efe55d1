"""The player, with keys and eyes; the story's moments stand in conftest.py."""

import pytest

from bastion.events import Output, Resize
from replay_tui.screens.keys import KeysScreen
from replay_tui.screens.player import PlayerScreen
from replay_tui.widgets.commands import CommandList
from replay_tui.widgets.timeline import Timeline

HELD, BLOCKED, END = 50.0, 90.0, 100.0
HOSTILE = (
    b"\x1b]0;title\x07\x1b]52;c;ZXZpbA==\x07\x1b[5mblink\x1b[0m \xe2\x80\xaeabc "
    b"\x9b31m[red]x[/] \x05\x0e"
)


@pytest.fixture
async def player(story, playing, watching):
    """Somebody before the story, paused at its start."""
    async with watching(playing(story.session)) as watcher:
        await watcher.press("space", "home")
        yield watcher


def at(watcher):
    """The moment that is shown."""
    return watcher.screen.playhead.at


async def test_it_plays_as_time_passes(story, clock, playing, watching):
    """What the session showed is shown when it showed it; the facts stand above."""
    async with watching(playing(story.session)) as watcher:
        assert watcher.sees("ann → root@gpu-01   shell   2027-01-15 08:00:00   sealed")
        clock.advance(1.5)
        await watcher.until(lambda: at(watcher) == 1.5)
        assert watcher.sees("#")
        assert not watcher.sees("file")
        assert watcher.sees("▶ playing 0:01 / 1:40   1x")


async def test_it_stops_at_the_end_and_space_starts_again(story, clock, playing, watching):
    """The end is said."""
    async with watching(playing(story.session)) as watcher:
        clock.advance(1000)
        await watcher.until(lambda: at(watcher) == END)
        assert watcher.sees("■ paused  1:40 / 1:40   1x   end")
        assert watcher.sees("bye")
        await watcher.press("space")
        assert at(watcher) == 0.0
        assert watcher.sees("▶ playing")


async def test_space_pauses(player, clock):
    """Time passes, but not for the session."""
    clock.advance(30)
    player.screen.tick()
    assert at(player) == 0.0
    await player.press("space")
    clock.advance(0.5)
    await player.until(lambda: at(player) == 0.5)


async def test_arrows_seek(player):
    """Five seconds, a minute, the start, the end; never beyond."""
    for key, moment in (
        ("right", 5.0),
        ("shift+right", 65.0),
        ("left", 60.0),
        ("shift+left", 0.0),
        ("left", 0.0),
        ("end", END),
        ("right", END),
        ("home", 0.0),
    ):
        await player.press(key)
        assert at(player) == moment


async def test_n_jumps_to_what_was_stopped(player):
    """Held and blocked commands, forward and back; where there is no other, it says so."""
    for key, moment in (("n", HELD), ("n", BLOCKED), ("n", BLOCKED), ("N", HELD), ("N", HELD)):
        await player.press(key)
        assert at(player) == moment
    await player.until(lambda: player.sees("No other command was held or blocked"))


async def test_the_caption_tells_the_verdict_and_what_came_of_it(player):
    """First that it was held, then by whom it was released."""
    await player.press("n")
    assert player.sees("◆ held by data.delete rm -rf x  deletes")
    await player.press("right")
    assert player.sees("◆ held by data.delete, released by bob rm -rf x")
    await player.press("n")
    assert player.sees("✗ blocked by gpu.reset gpu reset  resets")


async def test_speed_changes_by_steps(player, clock):
    """Both pairs of keys; a quarter to sixteen times."""
    for key, speed in (("]", 2), ("plus", 4), ("-", 2), ("[", 1), ("[", 0.5), ("[", 0.25)):
        await player.press({"]": "right_square_bracket", "[": "left_square_bracket"}.get(key, key))
        assert player.screen.playhead.speed == speed
    assert player.sees("0.25x")
    await player.press("left_square_bracket")
    assert player.screen.playhead.speed == 0.25
    await player.press("space")
    clock.advance(4)
    await player.until(lambda: at(player) == 1.0)


async def test_idle_time_is_skipped_or_played(player, clock):
    """From 1 to 10 nothing happens: two seconds of it are enough, unless `i` was pressed."""
    assert player.sees("idle skipped")
    await player.press("space")
    clock.advance(4)
    await player.until(lambda: at(player) == 11.0)
    await player.press("home", "i")
    assert player.sees("idle played")
    clock.advance(4)
    await player.until(lambda: at(player) == 4.0)


async def test_the_list_of_commands_goes_to_one(player):
    """`c` opens it, the arrows move in it, Enter seeks, `c` closes it."""
    commands = player.screen.query_one(CommandList)
    assert not commands.display
    await player.press("c")
    assert commands.display
    assert player.sees("0:50 ◆ rm -rf x")
    assert player.sees("vi [bold]x")
    await player.press("down", "down", "enter")
    await player.until(lambda: at(player) == HELD)
    await player.press("n")
    assert commands.highlighted == 3
    await player.press("c")
    assert not commands.display
    await player.press("down")  # scrolls again, moves no mark
    assert commands.highlighted == 3


async def test_the_timeline_shows_marks_and_takes_clicks(player):
    """Each stopped or opaque command has its sign; a click goes there."""
    marks, bar = player.lines()[-4:-2]
    assert [sign for sign in marks if sign != " "] == ["◆", "○", "✗"]
    assert bar.strip().startswith("●")
    await player.click(Timeline, offset=(marks.index("✗"), 1))
    await player.until(lambda: abs(at(player) - BLOCKED) < 1)


async def test_help_and_back(player):
    """`?` and escape; then escape again leaves for the list."""
    await player.press("question_mark")
    assert isinstance(player.screen, KeysScreen)
    assert player.sees("next, previous command that was held or blocked")
    await player.press("escape")
    assert isinstance(player.screen, PlayerScreen)
    await player.press("escape")
    await player.until(lambda: player.sees("1 session"))


async def test_a_live_session_is_followed(record, clock, playing, watching):
    """It opens at the end, grows, waits behind where somebody went back, and ends."""
    scene = record.scene()
    scene.record(b"first\r\n", after=5)
    async with watching(playing(scene.session)) as watcher:
        await watcher.until(lambda: watcher.sees("first"))
        assert watcher.sees("● live")
        scene.record(b"second\r\n", after=5)
        await watcher.until(lambda: watcher.sees("second"))
        await watcher.press("left")
        assert watcher.sees("● live, behind")
        assert not watcher.sees("second")
        scene.judged("dd", "block")
        await watcher.press("end")
        scene.record(b"third\r\n")
        await watcher.until(lambda: watcher.sees("third"))
        scene.end()
        await watcher.until(lambda: watcher.sees("sealed"))
        assert not watcher.sees("● live")
        clock.advance(1)
        await watcher.until(lambda: watcher.sees("■ paused"))


async def test_a_session_that_was_changed_says_so(story, playing, watching):
    """It plays, with the broken line named above."""
    story.path.write_bytes(story.path.read_bytes().replace(b"bye", b"b?e"))
    async with watching(playing(story.session), (120, 24)) as watcher:
        await watcher.until(lambda: watcher.sees("broken: line "))
        await watcher.press("end")
        assert watcher.sees("b?e")


async def test_a_recording_that_cannot_be_read_plays_up_to_there(story, playing, watching):
    """The line below the bar says what is wrong."""
    lines = story.path.read_bytes().splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if b"bye" in line)
    lines[place] = b"[1, nonsense\n"
    story.path.write_bytes(b"".join(lines))
    async with watching(playing(story.session), (120, 24)) as watcher:
        await watcher.press("end")
        assert watcher.sees("blocked")
        assert not watcher.sees("bye")
        assert watcher.screen.reel.problem
        assert watcher.sees(watcher.screen.reel.problem[:30])


async def test_a_large_terminal_is_scrolled(record, playing, watching):
    """The part around the cursor is shown until somebody scrolls; a jump follows it again."""
    scene = record.scene(size=(160, 50))
    scene.record("".join(f"{n} {'.' * 100} R{n}\r\n" for n in range(1, 50)).encode() + b"# ")
    scene.end()
    async with watching(playing(scene.session), (60, 15)) as watcher:
        await watcher.press("end")
        assert watcher.sees("49 ...")
        assert not watcher.sees("R49")
        await watcher.press(*["ctrl+right"] * 8)
        assert watcher.sees("R49")
        await watcher.press(*["pageup"] * 5, *["ctrl+left"] * 8)
        assert watcher.lines()[0].startswith("1 ...")
        assert "rows 1 to 10, columns 1 to 60" in watcher.screen.query_one("TerminalView").part[2:]
        await watcher.press("end")
        assert watcher.sees("49 ...")


async def test_a_resize_in_the_session_changes_the_frame(record, playing, watching):
    """The terminal is as large as it was at that moment."""
    scene = record.scene(size=(40, 10))
    scene.record(b"small\r\n")
    scene.record(Resize(60, 12), b"large\r\n")
    scene.end()
    async with watching(playing(scene.session), (100, 30)) as watcher:
        assert watcher.sees("40x10")
        assert watcher.sees(f"╭{'─' * 40}╮")
        await watcher.press("end")
        assert watcher.sees("60x12")
        assert watcher.sees(f"╭{'─' * 60}╮")


async def test_the_window_may_change(player):
    """Small windows drop the title, never a key in half."""
    await player.resize(60, 15)
    await player.until(lambda: not player.sees("ann →"))
    await player.resize(200, 60)
    await player.until(lambda: player.sees("ann →"))
    await player.until(lambda: player.sees("Previous stop"))


async def test_output_without_a_terminal_has_lines(record, playing, watching):
    """A bare line feed starts a line at its left."""
    scene = record.scene(command="seq 2")
    scene.record(Output(b"one\ntwo\n"))
    scene.end()
    async with watching(playing(scene.session), (100, 30)) as watcher:
        await watcher.press("end")
        assert watcher.sees("│one  ")
        assert watcher.sees("│two  ")


async def test_recorded_bytes_reach_the_emulator_only(record, playing, watching):
    """No escape, no title, no clipboard, no direction change comes out."""
    scene = record.scene("[b]x\x1b[2J", "r\u202et@[red]h")
    scene.record(HOSTILE)
    scene.judged("[bold]\x1b]0;x\x07", "block", rule="[i]r", reason="\u202e[u]why")
    scene.end()
    async with watching(playing(scene.session), (100, 30)) as watcher:
        await watcher.press("end", "c")
        assert watcher.sees("blink \N{REPLACEMENT CHARACTER}abc")
        assert watcher.sees("[red]x[/]")
        assert watcher.sees("✗ blocked by [i]r [bold]\\x1b]0;x\\x07  \\u202e[u]why")
        assert watcher.sees("[b]x\\x1b[2J → r\\u202et@[red]h")
        for line in watcher.lines():
            assert line.isprintable()
