"""The terminal emulator's wrapper."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.screen import MAX_COLS, MAX_ROWS, Cell, Screen, Style

# What terminals are told, plain and wild; joined at random by the tests below.
PIECES = st.sampled_from(
    [
        b"hello world",
        "Gr\u00fc\u00dfe \u65e5\u672c\u8a9e \U0001f600 e\u0301".encode(),
        b"\r\n",
        b"\n\n\n",
        b"\x1b[31;1mred\x1b[0m",
        b"\x1b[38;5;200mpink",
        b"\x1b[48;2;1;2;3mdark",
        b"\x1b[2J\x1b[H",
        b"\x1b[5;10Hat",
        b"\x1b[2;4r\x1b[4;1H\n\x1b[r",
        b"\x1b[?1049h\x1b[2Jalternate",
        b"\x1b[?1049l",
        b"\x1b7\x1b[3;3H*\x1b8",
        b"\x1b(0lqqk\x1b(B",
        b"\x1b]0;title\x07",
        b"\x1bP1$r\x1b\\",
        b"\x1b[?25l",
        b"\x1b[4hinsert\x1b[4l",
        b"\x1b[3L\x1b[2M\x1b[4@\x1b[2P",
        b"\x1b[?6h\x1b[1;1H\x1b[?6l",
        b"\t\x1b[3g\x1bH",
        b"\xff\xfe\x80",
        b"\0\x07\x08",
        b"\x1b#8",
        b"x" * 90,
    ]
)
STREAMS = st.lists(PIECES, max_size=12).map(b"".join)


def shown(screen):
    """All that a viewer can see of it; rows that scrolled away are not in view."""
    cursor = screen.cursor.row - screen.top, screen.cursor.col
    return screen.runs(), cursor, screen.is_alternate, screen.dump()


@given(STREAMS, st.lists(st.integers(0, 400), max_size=8))
def test_where_the_bytes_are_split_does_not_matter(stream, cuts):
    """Inside a character or an escape sequence either."""
    whole, parts = Screen(40, 10), Screen(40, 10)
    whole.feed(stream)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for start, end in pairwise(edges):
        parts.feed(stream[start:end])
    assert shown(parts) == shown(whole)


@given(STREAMS, STREAMS)
def test_a_dump_rebuilds_the_screen_and_what_comes_after(before, after):
    """Also in the middle of an escape sequence: replay's keyframes rest on it."""
    screen = Screen(40, 10)
    screen.feed(before + b"|")  # a keyframe is never taken inside a character
    again = Screen(40, 10)
    again.feed(screen.dump().encode())
    assert again.runs() == screen.runs()
    for each in (screen, again):
        each.feed(after)
    assert again.runs() == screen.runs()
    assert again.dump() == screen.dump()


def test_rows_keep_their_numbers_while_the_screen_scrolls():
    """Row 3 is row 3, until it has scrolled away."""
    screen = Screen(20, 4)
    screen.feed(b"".join(b"line %d\r\n" % number for number in range(6)))
    assert screen.top == 3
    assert screen.row(3) == "line 3".ljust(20)
    assert screen.row(2) == ""
    assert screen.row(99) == ""
    assert screen.cursor == Cell(6, 0)


def test_a_part_of_a_row_is_counted_in_cells():
    """A wide character takes two and comes once."""
    screen = Screen(20, 2)
    screen.feed("ab日本c".encode())
    assert screen.row(0, 2, 6) == "日本"
    assert screen.cursor.col == 7


@given(STREAMS)
def test_a_row_is_its_cells(stream):
    """Whatever stands there, and from wherever it is asked for."""
    screen = Screen(20, 4)
    screen.feed(stream)
    for number, runs in enumerate(screen.runs(), screen.top):
        cells = [screen.row(number, col, col + 1) for col in range(20)]
        assert "".join(cells) == screen.row(number) == "".join(text for text, _ in runs)
        assert "".join(cells[3:13]) == screen.row(number, 3, 13)


def test_lines_are_without_trailing_blanks():
    """Every visible row, blank ones too."""
    screen = Screen(10, 3)
    screen.feed(b"one\r\n  two  ")
    assert screen.lines() == ["one", "  two", ""]


def test_runs_tell_text_and_style():
    """Palette numbers, true colours and attributes."""
    screen = Screen(12, 1)
    screen.feed(b"a\x1b[1;31mb\x1b[0;4;48;2;1;2;255mc\x1b[0;7md")
    runs = [(text.rstrip(), style) for text, style in screen.runs()[0]]
    assert runs[:4] == [
        ("a", Style()),
        ("b", Style(foreground=1, bold=True)),
        ("c", Style(background="#0102ff", underline=True)),
        ("d", Style(inverse=True)),
    ]


def test_runs_fill_the_row():
    """The texts of a row's runs are the row."""
    screen = Screen(30, 2)
    screen.feed("\x1b[32mgreen \x1b[0m日本 plain".encode())
    assert "".join(text for text, _ in screen.runs()[0]) == screen.row(0)


def test_the_alternate_screen_is_known_and_left():
    """As full-screen programs use it."""
    screen = Screen(20, 4)
    screen.feed(b"shell\x1b[?1049h\x1b[2Jeditor")
    assert screen.is_alternate
    screen.feed(b"\x1b[?1049l")
    assert not screen.is_alternate
    assert screen.lines()[0] == "shell"
    screen.feed(b"\x1b[?1049h")
    screen.resize(10, 4)
    assert screen.is_alternate


def test_the_cursor_can_be_hidden():
    """DECTCEM."""
    screen = Screen(5, 2)
    assert screen.is_cursor_visible
    screen.feed(b"\x1b[?25l")
    assert not screen.is_cursor_visible


@pytest.mark.parametrize("size", [(0, 0), (-5, 3), (1, 1)])
def test_a_size_of_nothing_is_a_small_one(size):
    """As a client that does not know its size sends it; a wide character has its two columns."""
    screen = Screen(*size)
    screen.feed("abc\r\ndef\u65e5".encode())
    screen.resize(*size)
    screen.feed("\u65e5".encode())
    assert screen.size[0] >= 2
    assert screen.size[1] >= 1


def test_a_size_of_absurd_height_and_width_is_bounded():
    """A client may ask for any: the memory is the bastion's own."""
    screen = Screen(2**32 - 1, 2**32 - 1)
    assert screen.size == (MAX_COLS, MAX_ROWS)
    screen.resize(2**31, 20)
    assert screen.size == (MAX_COLS, 20)


def test_a_resize_keeps_what_is_shown():
    """Rows that no longer fit scroll away with their numbers."""
    screen = Screen(20, 6)
    screen.feed(b"".join(b"%d\r\n" % number for number in range(5)))
    screen.resize(20, 3)
    assert screen.size == (20, 3)
    assert screen.lines() == ["3", "4", ""]
    assert screen.row(screen.top).rstrip() == "3"
