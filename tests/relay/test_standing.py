"""What the screen says of a line that was stopped with ^C."""

import pytest

from bastion.relay.standing import Standing, standing
from bastion.screen import Cell, Screen

PROMPT = b"user@gpu-01:~$ "


def typed(before: bytes = b"", prompt: bytes = PROMPT, line: bytes = b"danger") -> tuple:
    """A screen with a *line* behind a *prompt*, and where it stands."""
    screen = Screen(40, 10)
    screen.feed(before + prompt)
    cell = screen.cursor
    screen.feed(line)
    stood = standing(screen, cell, screen.cursor.row)
    assert isinstance(stood, Standing)
    return screen, stood


@pytest.mark.parametrize(
    ("answer", "is_gone"),
    [
        (b"^C\r\n" + PROMPT, True),
        (b"\r\n" + PROMPT, True),
        (b"\r\x1b[K" + PROMPT, True),
        (b"\r\n\r\n^C\r\n" + PROMPT, True),
        (b"^C\r\n[130] # ", True),
        (b"\r\nKeyboardInterrupt\r\n>>> ", True),
        (b"^C", False),
        (b"", False),
        (b"^C\r\n", False),
        (b"\r\nharm\r\n" + PROMPT, False),
        (b"\r\nharm" + PROMPT, False),
        (b"\r\nno prompt:", False),
    ],
)
def test_a_prompt_with_nothing_before_it_says_that_it_is_gone(answer, is_gone):
    """Bash echoes ^C, zsh does not, fish may take the row again; a prompt may say the status."""
    screen, stood = typed()
    screen.feed(answer)
    assert stood.is_gone(screen, ()) is is_gone


@pytest.mark.parametrize(
    ("answer", "is_gone"),
    [
        (b"^C\r\n~/work  took 0s\r\n11:02 > ", True),
        (b"^C\r\n\r\n~/work  took 3s  failed: INT\r\n11:03 > ", True),
        (b"\r\nharm\r\n~/work  took 3s\r\n11:03 > ", False),
        (b"\r\nharm\r\n11:03 > ", False),
    ],
)
def test_a_prompt_may_have_several_rows(answer, is_gone):
    """With the time and what the last line ended with in them."""
    screen, stood = typed(b"there\r\n~/work  took 12s\r\n", b"10:59 > ")
    screen.feed(answer)
    assert stood.is_gone(screen, ()) is is_gone


def test_another_prompt_that_was_seen_is_one_too():
    """The end of an inner shell, say."""
    screen, stood = typed()
    screen.feed(b"^C\r\nouter: ")
    assert not stood.is_gone(screen, ())
    assert stood.is_gone(screen, ("outer: ",))


@pytest.mark.parametrize(
    ("prompt", "then", "is_gone"),
    [
        ("[I] λ ", "[N] λ ", True),
        ("~/a | ", "~/b | ", True),
        ("[I] λ ", "harm", False),
        ("here 10:59", "harm 11:00", False),
    ],
)
def test_a_prompt_may_end_in_a_mark_of_its_own(prompt, then, is_gone):
    """No letter or digit of a language that output is in, too."""
    screen, stood = typed(prompt=prompt.encode())
    screen.feed(b"^C\r\n" + then.encode())
    assert stood.is_gone(screen, ()) is is_gone


def test_a_line_that_ends_like_a_prompt_is_no_prompt():
    """It stands there still."""
    screen, stood = typed(line=b"danger >")
    assert not stood.is_gone(screen, ())
    assert stood.is_there(screen)


def test_a_line_that_wraps_is_there_until_the_cursor_has_left_it():
    """Also from its second row."""
    screen, stood = typed(line=b"danger " * 6)
    assert (stood.last, stood.is_there(screen)) == (1, True)
    screen.feed(b"^C\r\n" + PROMPT)
    assert (stood.is_there(screen), stood.is_gone(screen, ())) == (False, True)


def test_without_a_prompt_nothing_is_known():
    """What is typed into a program that shows none."""
    screen = Screen(40, 10)
    screen.feed(b"danger")
    assert standing(screen, Cell(0, 0), 0) is None
