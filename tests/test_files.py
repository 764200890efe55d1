"""Paths and places."""

import pytest

from bastion.files import NOWHERE, Action, Deed, Places, clean, common, is_below

PLACES = Places(read=("/data", "/home/ann"), write=("/data/out",))


@pytest.mark.parametrize(
    ("path", "whole"),
    [
        ("x", "/home/ann/x"),
        ("", "/home/ann"),
        ("../bob/x", "/home/bob/x"),
        ("//etc//x/", "/etc/x"),
        ("/../../etc", "/etc"),
        ("/data/./a/../../etc/x", "/etc/x"),
    ],
)
def test_paths_are_made_clean(path, whole):
    """Relative ones stand in the home; dots and double slashes go."""
    assert clean(path, "/home/ann") == whole


def test_below_is_by_names():
    """`/data` covers itself and what is in it, and not what only begins alike."""
    assert [is_below(path, ["/data"]) for path in ("/data", "/data/x", "/database", "/")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("deed", "is_covered"),
    [
        (Deed(Action.DOWNLOAD, "/data/x"), True),
        (Deed(Action.DOWNLOAD, "/etc/x"), False),
        (Deed(Action.UPLOAD, "/data/x"), False),
        (Deed(Action.UPLOAD, "/data/out/x"), True),
        (Deed(Action.RENAME, "/data/out/x", "/data/x"), False),
        (Deed(Action.RENAME, "/data/x", "/data/out/x"), False),
        (Deed(Action.RENAME, "/data/out/x", "/data/out/y"), True),
        (Deed(Action.LINK, "/data/out/x", "/home/ann/y"), False),
        (Deed(Action.LOOK, "/"), True),
        (Deed(Action.LOOK, "/home"), True),
        (Deed(Action.LOOK, "/home/bob"), False),
        (Deed(Action.LIST, "/home"), False),
        (Deed(Action.LIST, "/home/ann"), True),
        (Deed(Action.DELETE, "/data/out"), True),
    ],
)
def test_what_places_cover(deed, is_covered):
    """Reading, writing, both names of a rename; the way to a place may be looked at, not listed."""
    assert PLACES.cover(deed) is is_covered


@pytest.mark.parametrize("action", list(Action))
def test_nowhere_covers_nothing(action):
    """Deny by default."""
    assert not NOWHERE.cover(Deed(action, "/", ""))


def test_common_places():
    """The narrower of two that lie in each other."""
    assert common(("/data", "/home"), ("/data/x", "/")) == ("/data", "/home", "/data/x")
    assert common(("/a",), ("/b",)) == ()
