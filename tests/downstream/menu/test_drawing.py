"""The menu as a terminal shows it, at any size, with hostile names."""

import pytest

from bastion.downstream.menu.choosing import Choosing
from bastion.downstream.menu.drawing import BEGIN, Drawing
from bastion.downstream.menu.keys import Key, Typed
from bastion.screen import Screen
from tests.downstream.menu.conftest import host


def shown(menu, cols, rows, *, has_colour=True):
    """The screen's lines."""
    screen = Screen(cols, rows)
    screen.feed(BEGIN + Drawing("alice", has_colour=has_colour).screen(menu, cols, rows))
    return [line.rstrip() for line in screen.lines()]


def test_what_is_on_the_screen(hosts):
    """Who, how many, what may be reached, what stands in the way, and the keys."""
    lines = shown(Choosing(hosts), 100, 8)
    assert lines[0] == "bastion  alice  4 hosts"
    assert lines[2] == "> cpu-01                      root"
    assert lines[3].split("  ") == [
        "",
        "gpu-01",
        "some need approval",
        "root, ubuntu",
        "pool=research",
    ]
    assert "approval first" in lines[4]
    assert "locked" in lines[5]
    assert lines[7] == "Enter connects  type to search  q leaves"


@pytest.mark.parametrize("cols", [1, 2, 10, 20, 79, 300])
@pytest.mark.parametrize("rows", [1, 2, 3, 5, 6, 50])
def test_any_size_holds_the_marked_row_and_nothing_scrolls(cols, rows):
    """The first line stays the first: what is too long is cut, wide characters too."""
    menu = Choosing([host(f"h{at:02}", note="日本語" * 40) for at in range(60)])
    for _ in range(40):
        menu.press(Key.DOWN)
    screen = Screen(cols, rows)
    screen.feed(BEGIN)
    for _ in range(3):
        screen.feed(Drawing("alice", has_colour=True).screen(menu, cols, rows))
    lines = [line.rstrip() for line in screen.lines()]
    assert len(lines) == rows
    marked = [line for line in lines if line.startswith(">")]
    assert marked == ["> h40  root"[:cols].rstrip()] or marked[0].startswith(
        "> h40"[:cols].rstrip()
    )
    if rows >= 6:
        assert lines[0] == "bastion  alice  60 hosts"[:cols].rstrip()


def test_hostile_text_is_drawn_as_escapes(hosts):
    """No label sets a title, turns the direction of reading, or begins a line."""
    menu = Choosing(hosts)
    drawn = Drawing("a\x1b[2Jb", has_colour=True).screen(menu, 200, 10).decode()
    assert "\x1b]" not in drawn
    assert "\x07" not in drawn
    assert "\u202e" not in drawn
    assert r"\x1b]0;pwned\x07\u202eabc\x0a2" in drawn
    assert "\x1b[2J" not in drawn


def test_no_colour_means_none(hosts):
    """Only bold, faint and inverse are left."""
    menu = Choosing(hosts)
    assert "\x1b[33m" in Drawing("a", has_colour=True).screen(menu, 80, 10).decode()
    assert "\x1b[33m" not in Drawing("a", has_colour=False).screen(menu, 80, 10).decode()
    assert shown(menu, 80, 10, has_colour=False) == shown(menu, 80, 10)


def test_the_cursor_stands_in_the_search(hosts):
    """And is hidden while nothing is searched."""
    menu = Choosing(hosts)
    assert not Drawing("a", has_colour=True).screen(menu, 80, 10).endswith(b"\x1b[?25h")
    menu.press(Typed("g"))
    assert Drawing("a", has_colour=True).screen(menu, 80, 10).endswith(b"\x1b[2;10H\x1b[?25h")


def test_no_hosts_at_all():
    """A sentence, not an empty list."""
    assert "there is no host that you may reach" in "".join(shown(Choosing([]), 80, 10))


def test_an_absurd_size_costs_little(hosts):
    """The client says how large it is, and may lie."""
    drawn = Drawing("a", has_colour=True).screen(Choosing(hosts), 2**32 - 1, 2**32 - 1)
    assert len(drawn) < 10_000


def test_accounts_are_chosen_by_name(hosts):
    """Each says whether it needs an approval."""
    menu = Choosing(hosts)
    menu.press(Key.DOWN)
    menu.press(Key.ENTER)
    lines = shown(menu, 80, 10)
    assert lines[1:4] == ["gpu-01 as:", "> root    approval first", "  ubuntu"]
