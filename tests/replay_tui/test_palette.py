"""Colours of recorded terminals."""

import pytest
from rich.color import ColorTriplet

from bastion.screen import Style
from replay_tui.palette import TERMINAL_BACKGROUND, TERMINAL_FOREGROUND, VERDICTS, terminal_style


@pytest.mark.parametrize(
    ("colour", "shown"),
    [
        (1, "#e06c75"),
        (15, "#ffffff"),
        (16, "#000000"),
        (196, "#ff0000"),
        (231, "#ffffff"),
        (232, "#080808"),
        (255, "#eeeeee"),
        ("#123456", "#123456"),
        (None, TERMINAL_FOREGROUND),
    ],
)
def test_palette_numbers_are_xterms(colour, shown):
    """Sixteen of our own, then the cube, then the greys."""
    assert terminal_style(Style(foreground=colour)).color.triplet.hex == shown


def test_inverse_exchanges_the_colours():
    """Also where they are the terminal's own."""
    style = terminal_style(Style(inverse=True))
    assert style.color.triplet.hex == TERMINAL_BACKGROUND
    assert style.bgcolor.triplet.hex == TERMINAL_FOREGROUND


def test_attributes_are_kept():
    """All that the emulator knows."""
    every = Style(bold=True, faint=True, italic=True, underline=True, strikethrough=True)
    style = terminal_style(every)
    assert style.bold
    assert style.dim
    assert style.italic
    assert style.underline
    assert style.strike


def test_every_palette_number_has_a_colour():
    """256 of them."""
    triplets = [terminal_style(Style(background=n)).bgcolor.triplet for n in range(256)]
    assert all(isinstance(triplet, ColorTriplet) for triplet in triplets)


def test_verdicts_differ():
    """One colour each."""
    assert len(set(VERDICTS.values())) == 5
