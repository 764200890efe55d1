"""Hostile text made safe."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rm -rf /", "rm -rf /"),
        ("Grüße 日本 😀", "Grüße 日本 😀"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\r\nb\tc", "a\\x0d\\x0ab\\x09c"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("\u2028", "\\u2028"),
        ("\udc80", "\\udc80"),
        ("\U000e0001", "\\U000e0001"),
        ("\x7f\0", "\\x7f\\x00"),
    ],
)
def test_hidden_characters_show_as_escapes(text, shown):
    """Controls, escape sequences, invisible and direction-changing characters."""
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_nothing_hidden_remains(text):
    """Whatever goes in."""
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not {unicodedata.category(char) for char in printable(text)} & hidden


@given(st.text(st.characters(), max_size=50), st.integers(1, 20))
def test_the_limit_holds_after_escaping(text, limit):
    """A cut text says that it was cut."""
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert shown == printable(text) or shown.endswith("…")
