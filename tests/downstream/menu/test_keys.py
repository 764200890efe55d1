"""Bytes of a terminal become keys, however they are split, and whoever sends them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.downstream.menu.keys import Key, Keys, Typed


def read(*parts):
    keys = Keys()
    return [key for part in parts for key in keys.read(part)]


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"\x1b[A", Key.UP),
        (b"\x1bOA", Key.UP),
        (b"\x1b[B", Key.DOWN),
        (b"\x1b[5~", Key.PAGE_UP),
        (b"\x1b[6~", Key.PAGE_DOWN),
        (b"\x1b[H", Key.HOME),
        (b"\x1b[4~", Key.END),
        (b"\r", Key.ENTER),
        (b"\x03", Key.LEAVE),
        (b"\x04", Key.LEAVE),
        (b"\x7f", Key.BACKSPACE),
        (b"\x15", Key.CLEAR),
        (b"q", Typed("q")),
        ("é".encode(), Typed("é")),
    ],
)
def test_keys_are_known_whole_and_byte_by_byte(data, key):
    """A slow line cuts an arrow key into three."""
    assert read(data) == [key]
    assert read(*(data[at : at + 1] for at in range(len(data)))) == [key]


@pytest.mark.parametrize(
    "data", [b"\x1b[200~", b"\x1b[<0;1;1M", b"\x1b[1;5C", b"\x1bx", b"\x00", b"\x9b", b"\x1b[3~"]
)
def test_what_is_not_known_is_no_key(data):
    """Mouse, paste marks, Alt and the like neither type nor move."""
    assert not [key for key in read(data) if key != "\ufffd"]


def test_escape_is_a_key_when_nothing_follows():
    """And is not when the rest of a sequence comes late."""
    keys = Keys()
    assert keys.read(b"\x1b") == []
    assert keys.is_open
    assert keys.flush() == [Key.ESCAPE]
    assert (keys.is_open, keys.flush()) == (False, [])
    assert keys.read(b"\x1b[") == []
    assert keys.flush() == []
    assert read(b"\x1b\x1b[A") == [Key.ESCAPE, Key.UP]


def test_a_sequence_without_end_is_dropped():
    """Nothing is kept for it, and what follows counts again."""
    keys = Keys()
    for _ in range(2000):
        keys.read(b"1;")
    keys.read(b"\x1b[" + b"1;" * 5000)
    assert not keys.is_open
    assert keys.read(b"\x03") == [Key.LEAVE]


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_no_bytes_do_harm(parts):
    """Every answer is a key or one printable character; little is kept."""
    keys = Keys()
    for part in parts:
        for key in keys.read(part):
            assert isinstance(key, Key) or (len(key) == 1 and key.isprintable())
