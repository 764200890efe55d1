"""The menu where a terminal only prints lines."""

import pytest

from bastion.downstream.menu.choosing import Choice, Choosing
from bastion.downstream.menu.keys import Key, Typed
from bastion.downstream.menu.numbered import Numbered
from tests.downstream.menu.conftest import host


@pytest.fixture
def menu(hosts):
    return Choosing(hosts)


def enter(numbered, text):
    """Type a line; what is shown."""
    return "".join(numbered.press(key) for key in [*map(Typed, text), Key.ENTER])


def test_a_number_chooses(menu):
    """From a list that names state and accounts, without a single escape sequence."""
    numbered = Numbered(menu)
    began = numbered.begin()
    assert "   4  kepler  root  (locked)\r\n" in began
    assert "\x1b" not in began
    enter(numbered, "4")
    assert menu.choice == Choice("kepler", "root")


def test_text_searches_and_a_whole_name_chooses(menu):
    """A part of a name makes the list shorter."""
    numbered = Numbered(menu)
    assert "   2  gpu-02" in enter(numbered, "gpu")
    assert menu.choice is None
    enter(numbered, "KEPLER")
    assert menu.choice == Choice("kepler", "root")


@pytest.mark.parametrize("typed", ["2", "ubuntu"])
def test_accounts_by_number_or_name(menu, typed):
    """Empty goes back."""
    numbered = Numbered(menu)
    assert "gpu-01 as which number?" in enter(numbered, "gpu-01")
    assert "gpu-01" in enter(numbered, "")
    assert menu.host is None
    enter(numbered, "gpu-01")
    enter(numbered, typed)
    assert menu.choice == Choice("gpu-01", "ubuntu")


@pytest.mark.parametrize("typed", ["0", "5", "99999999999999999999", "²"])
def test_other_numbers_choose_nothing(menu, typed):
    """And end nothing."""
    enter(Numbered(menu), typed)
    assert not menu.is_over


def test_an_empty_line_or_ctrl_c_leaves(menu, hosts):
    """Where nothing is searched."""
    enter(Numbered(menu), "")
    assert menu.is_left
    other = Choosing(hosts)
    Numbered(other).press(Key.LEAVE)
    assert other.is_left


def test_backspace_and_length(menu):
    """A typed line can be mended, and is bounded."""
    numbered = Numbered(menu)
    assert numbered.press(Typed("9")) == "9"
    assert numbered.press(Key.BACKSPACE) == "\b \b"
    assert numbered.press(Key.BACKSPACE) == ""
    enter(numbered, "4")
    assert menu.choice is not None
    assert sum(len(numbered.press(Typed("x"))) for _ in range(500)) == 100


def test_many_hosts_are_not_all_listed():
    """The rest is found by name."""
    began = Numbered(Choosing([host(f"h{at}") for at in range(250)])).begin()
    assert "and 150 more" in began
    assert began.count("\r\n") == 101
