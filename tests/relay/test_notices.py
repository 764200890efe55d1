"""What the bastion says when it warns or ends a session from outside."""

import pytest

from bastion.refusal import Code, Refusal
from bastion.relay.notices import Notices
from bastion.screen import MAX_ROWS, Screen
from bastion.verdict import Judgement, Verdict

LONGEST_WORD = len("[command-cancelled]")
LOCKED = Refusal(Code.LOCKED, "incident 4711")


def test_a_warning_is_a_line_of_its_own():
    """It does not go on where the prompt stands."""
    screen = Screen(80, 24)
    screen.feed(b"user@gpu-01:~$ " + Notices(80).warned("this session ends in 1 minute"))
    assert screen.lines()[1] == "[bastion] this session ends in 1 minute"


def test_the_end_is_read_on_the_shells_screen():
    """A full-screen program is left first: text, cursor and mouse are a shell's again."""
    screen = Screen(80, 24)
    screen.feed(b"$ vim\r\n\x1b[?1049h\x1b[?25l~\r\n~")
    screen.feed(Notices(80).refused(LOCKED, is_full_screen=True))
    assert not screen.is_alternate
    assert screen.is_cursor_visible
    text = " ".join(screen.lines())
    assert "$ vim" in text
    assert "[bastion] access is locked. (incident 4711)" in text
    assert "~" not in text


def test_a_plain_terminal_is_not_reset():
    """Nothing but the line, and nothing but text where there is no terminal."""
    assert b"\x1b[?1049l" not in Notices(80).refused(LOCKED)
    assert b"\x1b" not in Notices(0).refused(LOCKED)


HELD = Judgement(Verdict.HOLD, "gpu-reset", "Resetting a GPU kills whatever runs on it.")


def said_in(rows: list[str], cols: int) -> str:
    """The text of *rows*; one that is longer than a row may be is cut in words."""
    return ("" if cols < LONGEST_WORD else " ").join(row for row in rows if row)


def waits(screen: Screen, *seconds: int) -> Notices:
    """What the bastion shows while a command waits, with so many seconds left."""
    notices = Notices(screen.size[0])
    screen.feed(b"$ nvidia-smi -r" + notices.held(HELD, ["approvers"], 300))
    for left in seconds:
        screen.feed(notices.left(["approvers"], left))
    return notices


@pytest.mark.parametrize(
    ("cols", "left"),
    [
        (100, "[bastion] 4:58 left for approvers; Ctrl-C cancels"),
        (40, "4:58 left for approvers; Ctrl-C cancels"),
        (39, "[bastion] 4:58 left; Ctrl-C cancels"),
        (30, "4:58 left; Ctrl-C cancels"),
        (20, "4:58; ^C cancels"),
        (6, "4:58"),
    ],
)
def test_a_narrow_terminal_shows_how_long_and_how_to_cancel(cols, left):
    """The countdown is one row, drawn again in place; what it is about stands above in full."""
    screen = Screen(cols, 60)
    waits(screen, 300, 299, 298)
    said = [line for line in screen.lines() if line]
    assert said[-1] == left
    assert sum("cancels" in line or line == "4:58" for line in said) == 1
    told = said_in(screen.lines(), cols).replace(" ", "")
    assert "heldbygpu-reset:waitingforapprovers.ResettingaGPUkills" in told


@pytest.mark.parametrize("cols", [80, 40, 20])
@pytest.mark.parametrize(
    ("state", "code"),
    [("cancelled", "command-cancelled"), ("denied", "command-denied")],
)
def test_the_end_of_the_waiting_is_told_to_its_end(cols, state, code):
    """It takes the countdown's place, and wraps where it has to."""
    screen = Screen(cols, 60)
    notices = waits(screen, 298)
    screen.feed(notices.decided(state, "bob", "a job runs there") + b"$ ")
    told = said_in(screen.lines(), cols)
    assert f"the command did not run [{code}]" in told
    assert "cancels" not in told
    assert "4:58" not in told
    assert screen.lines()[screen.cursor.row] == "$"


@pytest.mark.parametrize(("cols", "rows"), [(80, 24), (60, 24), (30, 24), (10, 60)])
def test_a_notice_is_broken_between_words(cols, rows):
    """No word is divided but one that is longer than a row."""
    screen = Screen(cols, rows)
    screen.feed(Notices(cols).blocked(Judgement(Verdict.BLOCK, "gpu-reset", HELD.reason)))
    said = f"[bastion] blocked by gpu-reset: {HELD.reason} [command-blocked]"
    words = [word for row in screen.lines() for word in row.split()]
    if cols > len("[command-blocked]"):
        assert words == said.split()
    assert "".join(words) == said.replace(" ", "")


@pytest.mark.parametrize("cols", [10, 1])
@pytest.mark.parametrize(("before", "after"), [(80, 30), (80, 10), (30, 1), (80, 1)])
def test_the_countdown_of_a_terminal_that_narrows_leaves_nothing_behind(before, after, cols):
    """Broken into several rows, it goes from all of them; and from one where it is not broken."""
    screen = Screen(before, MAX_ROWS)
    screen.feed(b"\n" * MAX_ROWS)
    notices = waits(screen, 298)
    for width in (after, cols):
        notices.resized(width)
        screen.resize(width, MAX_ROWS)
    screen.feed(notices.left(["approvers"], 297) + notices.decided("denied", "bob", "busy"))
    told = "".join(screen.lines()).replace(" ", "")
    assert "heldbygpu-reset" in told
    assert told.endswith("[bastion]deniedbybob(busy):thecommanddidnotrun[command-denied]")
    assert "left" not in told
    assert "4:5" not in told


def test_a_warning_takes_the_countdowns_place():
    """And the countdown goes on below."""
    screen = Screen(80, 24)
    notices = waits(screen, 298)
    notices.is_at_start = lambda: True
    screen.feed(notices.warned("this session ends in 1 minute"))
    screen.feed(notices.left(["approvers"], 297))
    assert [line for line in screen.lines() if line][-2:] == [
        "[bastion] this session ends in 1 minute",
        "[bastion] 4:57 left for approvers; Ctrl-C cancels",
    ]


def test_without_a_terminal_one_line_says_it_all():
    """No escape, and the time that is left when the waiting begins."""
    line = Notices(0).held(HELD, [], 300)
    assert line == (
        b"[bastion] held by gpu-reset: waiting for nobody who may approve, 5:00 left."
        b" Resetting a GPU kills whatever runs on it.\n"
    )
    assert Notices(0).decided("approved", "bob", "") == b"[bastion] approved by bob\n"


def test_names_cannot_drive_the_terminal():
    """Groups come from outside."""
    notices = Notices(80)
    shown = notices.left(["\x1b[2J"], 60) + notices.held(HELD, ["\x1b[2J"], 60)
    assert b"\x1b[2J" not in shown


def test_the_hosts_output_takes_the_place_of_what_is_drawn():
    """It begins where the drawn line was; the next one is drawn behind it."""
    notices = Notices(80)
    assert notices.make_room() == b""
    notices.left(("leads",), 60)
    assert notices.make_room() == b"\r\x1b[K"
    assert notices.make_room() == b""
    assert notices.left(("leads",), 59).startswith(b"\r\n\x1b[33m")
    assert notices.left(("leads",), 58).startswith(b"\r\x1b[K\x1b[33m")
    notices.make_room()
    notices.is_at_start = lambda: True
    assert notices.decided("approved", "ann", "").startswith(b"\x1b[32m")


def test_a_notice_takes_no_more_lines_than_it_needs():
    """At the beginning of a line it begins there; where the shell ends it, it does not."""
    notices = Notices(80)
    notices.is_at_start, notices.is_ended_by_shell = lambda: True, True
    blocked = notices.blocked(Judgement(Verdict.BLOCK, "rule", "why"), is_ended=False)
    assert blocked.startswith(b"\x1b[31m")
    assert blocked.endswith(b"\x1b[0m")
    assert notices.decided("denied", "ann", "", is_ended=False).endswith(b"\x1b[0m")
    assert notices.decided("approved", "ann", "", is_ended=False).endswith(b"\r\n")
