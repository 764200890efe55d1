"""What keys do to the menu: searching, moving, choosing, leaving."""

import pytest

from bastion.downstream.menu.choosing import Choice, Choosing
from bastion.downstream.menu.keys import Key, Typed


@pytest.fixture
def menu(hosts):
    return Choosing(hosts)


def press(menu, *keys):
    for key in keys:
        for each in [key] if isinstance(key, Key) else map(Typed, key):
            menu.press(each)


def found(menu):
    return [host.name for host in menu.found]


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("gpu", ["gpu-01", "gpu-02"]),
        ("GPU", ["gpu-01", "gpu-02"]),
        ("gpu-*", ["gpu-01", "gpu-02"]),
        ("*-01", ["cpu-01", "gpu-01"]),
        ("research", ["gpu-01", "kepler"]),
        ("pool=research gpu", ["gpu-01"]),
        ("pool=re*", ["gpu-01", "kepler"]),
        ("ubuntu", ["gpu-01"]),
        ("nothing", []),
    ],
)
def test_search_by_name_glob_label_and_account(menu, search, names):
    """Every word has to fit."""
    press(menu, search)
    assert found(menu) == names


def test_letters_are_commands_until_something_is_searched(menu):
    """J and k move, q leaves, / begins a search that may begin with them."""
    press(menu, "jj")
    assert (menu.at, menu.search) == (2, "")
    press(menu, "k")
    assert menu.at == 1
    press(menu, "/k")
    assert (menu.search, found(menu)) == ("k", ["kepler"])
    press(menu, "q")
    assert (menu.search, menu.is_left) == ("kq", False)
    press(menu, Key.BACKSPACE, Key.BACKSPACE, "q")
    assert menu.is_left


def test_enter_chooses_where_there_is_one_account(menu):
    """At once."""
    press(menu, "gpu", Key.CLEAR, "/kep", Key.ENTER)
    assert menu.choice == Choice("kepler", "root")
    assert menu.is_over


def test_with_several_accounts_enter_asks_which(menu):
    """Escape goes back to the same host and search."""
    press(menu, "gpu", Key.ENTER)
    assert (menu.host.name, menu.choice) == ("gpu-01", None)
    press(menu, "x")
    assert menu.search == "gpu"
    press(menu, Key.ESCAPE)
    assert (menu.host, menu.search, menu.at) == (None, "gpu", 0)
    press(menu, Key.ENTER, "j", Key.ENTER)
    assert menu.choice == Choice("gpu-01", "ubuntu")


def test_the_mark_stays_in_the_list(menu):
    """However far the keys go; a new search begins at the top."""
    press(menu, Key.UP)
    assert menu.at == 0
    press(menu, Key.PAGE_DOWN, Key.DOWN)
    assert menu.at == 3
    press(menu, Key.HOME, Key.END)
    assert menu.at == 3
    press(menu, "gpu")
    assert menu.at == 0


def test_nothing_found_nothing_chosen(menu):
    """Enter does nothing, Escape shows all again."""
    press(menu, "zzz", Key.ENTER, Key.DOWN)
    assert not menu.is_over
    press(menu, Key.ESCAPE)
    assert len(found(menu)) == 4
    assert not Choosing([]).choose(1)


def test_a_search_is_bounded(menu):
    """However much is pasted."""
    press(menu, "x" * 5000)
    assert len(menu.search) == 100
