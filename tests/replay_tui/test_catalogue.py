"""The catalogue, with keys and eyes."""

import sqlite3

import pytest
from rich.cells import cell_len

from bastion.events import Exit
from bastion.recording.archive import Proof
from replay_tui.screens.keys import KeysScreen
from replay_tui.screens.player import PlayerScreen

HOSTILE = "[red]x[/]\x1b[2J\x07\u202e\u200b\r\n" + "y" * 500


def told(scene):
    """A session with an allowed command, that ends well."""
    scene.record(b"# ")
    scene.judged("ls")
    return scene.end()


def names(watcher):
    """Who stands in the list, from above."""
    table = watcher.screen.query_one("SessionTable")
    return [str(table.get_row_at(n)[1]) for n in range(table.row_count)]


def row_of(watcher, name):
    """The line that somebody stands in."""
    return next(line for line in watcher.lines() if f" {name} " in line)


async def test_sessions_stand_newest_first_with_what_matters(record, story, app, watching):
    """One line a session: when, who, where, how long, verdicts, ending, proof."""
    record.clock.advance(60)
    told(record.scene("bob", "ubuntu@gpu-07", command="df -h"))
    async with watching(app, (120, 24)) as watcher:
        assert names(watcher) == ["bob", "ann"]
        assert watcher.sees("2 sessions  ◆ 1 held  ✗ 1 blocked  ○ 1 opaque")
        await watcher.until(lambda: "sealed" in row_of(watcher, "bob"))
        assert row_of(watcher, "bob").split() == [
            *("2027-01-15", "08:02", "bob", "ubuntu@gpu-07", "exec", "df", "-h"),
            *("0:01", "1✓", "·", "·", "·", "exit", "0", "✓", "sealed"),
        ]
    assert story.session.id


async def test_no_sessions_yet(app, watching):
    """An empty record says what will stand here."""
    async with watching(app) as watcher:
        assert watcher.sees("No sessions yet.")
        assert watcher.sees("0 sessions")
        await watcher.press("enter")  # there is nothing to play
        assert not isinstance(watcher.screen, PlayerScreen)


async def test_every_kind_of_proof_is_told(record, app, watching):
    """Sealed, live, changed, gone and cut off: each has its sign; the head counts the bad."""
    told(record.scene("sealed"))
    record.scene("going").record(b"# ")
    changed, gone, cut = (told(record.scene(name)) for name in ("changed", "gone", "cut"))
    changed.path.write_bytes(changed.path.read_bytes().replace(b'"ls"', b'"ps"'))
    gone.path.unlink()
    whole = cut.path.read_bytes().splitlines(keepends=True)
    cut.path.write_bytes(b"".join(whole[:-1]))
    async with watching(app, (120, 24)) as watcher:
        for name, sign in (
            ("sealed", "✓ sealed"),
            ("going", "● live"),
            ("changed", "✗ broken"),
            ("gone", "✗ missing"),
            ("cut", "✗ unsealed"),
        ):
            await watcher.until(lambda name=name, sign=sign: sign in row_of(watcher, name))
        assert watcher.sees("3 not proven")
        await watcher.press("down", "down")  # changed: below cut and gone
        assert watcher.sees("broken: it was changed (line ")


async def test_the_filter_finds_people_places_commands_and_rules(record, story, app, watching):
    """Every word must be found somewhere; escape shows everything again."""
    told(record.scene("bob", "ubuntu@gpu-07"))
    async with watching(app) as watcher:
        for typed, found in (
            ("bob", ["bob"]),
            ("U-07 ub", ["bob"]),
            ("rm -", ["ann"]),
            ("a.del", ["ann"]),
        ):
            await watcher.press("slash", *typed)
            await watcher.until(lambda expected=found: names(watcher) == expected)
            await watcher.press("escape")
            await watcher.until(lambda: names(watcher) == ["bob", "ann"])
        await watcher.press("slash", *"[b]zz")
        await watcher.until(lambda: watcher.sees("Nothing matches “[b]zz”."))
        assert watcher.sees("0 of 2 sessions")
    assert story.session.account == "ann"


async def test_enter_in_the_filter_goes_on_in_the_list(record, app, watching):
    """Typing ends with Enter; the next Enter plays."""
    told(record.scene("bob"))
    told(record.scene("ann"))
    async with watching(app) as watcher:
        await watcher.press("slash", *"bob", "enter", "enter")
        await watcher.until(lambda: isinstance(watcher.screen, PlayerScreen))
        await watcher.settle()
        assert watcher.sees("bob → root@gpu-01")


async def test_every_column_sorts_both_ways(record, story, app, watching):
    """`s` goes from column to column, `S` turns round; the worst verdicts come first."""
    record.clock.advance(10)
    told(record.scene("bob", "ubuntu@gpu-07"))
    async with watching(app) as watcher:
        assert watcher.sees("When▾")
        await watcher.press("S")
        assert (names(watcher), watcher.sees("When▴")) == (["ann", "bob"], True)
        await watcher.press("s")
        assert (names(watcher), watcher.sees("Who▴")) == (["ann", "bob"], True)
        await watcher.press("S")
        assert names(watcher) == ["bob", "ann"]
        await watcher.press("s", "s")
        assert (names(watcher), watcher.sees("Long▾")) == (["ann", "bob"], True)
        await watcher.press("s")
        assert (names(watcher), watcher.sees("Verdicts▾")) == (["ann", "bob"], True)
        await watcher.click("SessionTable", offset=(16, 0))
        await watcher.until(lambda: watcher.sees("Who▴"))
    assert story.session.account == "ann"


async def test_the_row_under_the_cursor_stays_when_the_order_changes(record, app, watching):
    """Sorting and new sessions leave the cursor on its session."""
    told(record.scene("ann"))
    told(record.scene("bob"))
    async with watching(app) as watcher:
        await watcher.press("down")
        assert watcher.sees("s-ann")
        await watcher.press("S")
        assert watcher.sees("s-ann")
        told(record.scene("eve"))
        await watcher.press("r")
        await watcher.until(lambda: "eve" in names(watcher))
        assert watcher.sees("s-ann")


async def test_keys_move_the_cursor(record, app, watching):
    """To the last, to the first, one down, one up."""
    for name in ("ann", "bob", "eve"):
        told(record.scene(name))
    async with watching(app) as watcher:
        for key, name in (("end", "ann"), ("home", "eve"), ("j", "bob"), ("k", "eve")):
            await watcher.press(key)
            await watcher.until(lambda subject=f"s-{name}": watcher.sees(subject))


async def test_live_sessions_run_and_end(record, clock, app, watching):
    """A duration ticks; an end is noticed, and the chain followed once more."""
    scene = record.scene()
    scene.record(b"# ")
    async with watching(app, (120, 24)) as watcher:
        clock.advance(75)
        await watcher.until(lambda: watcher.sees("1:15"))
        assert watcher.sees("● 1 live")
        scene.end(3)
        await watcher.press("r")
        await watcher.until(lambda: watcher.sees("✓ sealed"))
        assert watcher.sees("exit 3")
        assert not watcher.sees("live")


async def test_it_reads_the_store_by_itself(record, app, watching):
    """Whoever only looks sees new sessions too."""
    async with watching(app) as watcher:
        told(record.scene("eve"))
        await watcher.until(lambda: watcher.sees("eve"))


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (200, 60)])
async def test_hostile_names_are_shown_and_not_obeyed(record, app, watching, size):
    """No control character, no direction change, no markup; every line fits the window."""
    scene = record.scene(HOSTILE, f"{HOSTILE}@{HOSTILE}")
    scene.judged(HOSTILE, "block", rule=HOSTILE, reason=HOSTILE)
    scene.end()
    async with watching(app, size) as watcher:
        assert watcher.sees("[red]x")
        for line in watcher.lines():
            assert line.isprintable()
            assert cell_len(line) <= size[0]


async def test_it_can_be_left_while_chains_are_followed(record, archive, playing):
    """Whatever is being proven when somebody leaves, nothing comes after."""
    scenes = [told(record.scene(f"u{n}")) for n in range(15)]
    for delay in range(1, 3):
        async with playing(None).run_test(size=(120, 34)) as pilot:
            for _ in range(delay):
                await pilot.pause()
    assert archive.prove(scenes[0].session).proof is Proof.SEALED


async def test_help_tells_keys_and_signs(app, watching):
    """`?` opens it, escape closes it, the list is behind it."""
    async with watching(app) as watcher:
        await watcher.press("question_mark")
        assert isinstance(watcher.screen, KeysScreen)
        assert watcher.sees("filter by who, where, command or rule")
        assert watcher.sees("waited for a second person")
        await watcher.press("escape")
        assert not isinstance(watcher.screen, KeysScreen)


async def test_a_missing_recording_is_said_and_not_played(record, app, watching):
    """The list stays."""
    told(record.scene()).path.unlink()
    async with watching(app) as watcher:
        await watcher.press("enter")
        await watcher.until(lambda: watcher.sees("No such"))
        assert not isinstance(watcher.screen, PlayerScreen)


async def test_a_store_that_breaks_is_said(record, app, watching):
    """What is shown stays, with a sentence; nothing crashes."""
    told(record.scene("bob"))
    async with watching(app) as watcher:
        breaker = sqlite3.connect(record.state.database)
        breaker.execute("DROP TABLE commands")
        breaker.close()
        await watcher.press("r")
        await watcher.until(lambda: watcher.sees("the store failed: no such table"))
        assert names(watcher) == ["bob"]


async def test_a_narrow_window_keeps_what_matters(record, app, watching):
    """60 by 15: who, where, verdicts, proof; no key at the foot is cut in half."""
    scene = record.scene("bob")
    scene.record(Exit(0))
    scene.end()
    async with watching(app, (60, 15)) as watcher:
        heads = next(line for line in watcher.lines() if "Who" in line)
        assert heads.split() == ["Who", "Where", "Verdicts", "Proof"]
        await watcher.resize(40, 15)
        await watcher.until(lambda: not watcher.sees("Quit"))
        assert watcher.lines()[-1].split()[-1] in {"Sort", "Refresh", "Help"}
