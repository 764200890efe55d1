"""Text in rows of a terminal's width."""

import pytest

from bastion.relay.rows import cells, rows
from bastion.screen import Screen

WIDE, COMBINED, HEART = "\N{CJK UNIFIED IDEOGRAPH-6F22}", "e\N{COMBINING ACUTE ACCENT}", "❤\ufe0f"


@pytest.mark.parametrize(
    ("text", "cols", "found"),
    [
        ("", 10, [""]),
        ("one two", 7, ["one two"]),
        ("one two", 6, ["one", "two"]),
        ("one two", 3, ["one", "two"]),
        ("one   two", 4, ["one", "two"]),
        ("one two   ", 7, ["one two"]),
        ("  indented", 10, ["  indented"]),
        ("  indented", 6, ["  inde", "nted"]),
        ("a loooooong word", 6, ["a", "looooo", "ong", "word"]),
        ("one", 1, ["o", "n", "e"]),
        (WIDE * 3, 5, [WIDE * 2, WIDE]),
        (f"a {WIDE * 2}", 5, ["a", WIDE * 2]),
        (WIDE * 2, 1, [WIDE, WIDE]),
        (COMBINED * 4, 3, [COMBINED * 3, COMBINED]),
        (HEART * 2, 3, [HEART, HEART]),
    ],
)
def test_rows_end_between_words(text, cols, found):
    """A word that is longer than a row is cut, between what a terminal draws as one."""
    assert rows(text, cols) == found


@pytest.mark.parametrize("cols", [2, 3, 10, 30])
@pytest.mark.parametrize("text", [WIDE * 40, f"{WIDE}a " * 30, "words " * 30])
def test_a_terminal_breaks_no_row_again(cols, text):
    """What is counted is what the emulator draws."""
    found, screen = rows(text.strip(), cols), Screen(cols, 150)
    screen.feed("\r\n".join(found).encode())
    assert screen.lines()[: len(found)] == found
    assert screen.cursor.row == len(found) - 1


def test_cells_are_counted_as_the_widest_terminal_draws_them():
    """A sign that some draw as an emoji takes two."""
    assert [cells(text) for text in ("ab", WIDE, COMBINED, HEART)] == [2, 2, 1, 2]
