"""Readings cross between processes as plain data."""

import json

import pytest

from bastion.command.extract import extract
from bastion.command.state import ShellState
from bastion.command.wire import Asked, decode, decode_question, encode, encode_question


@pytest.mark.parametrize(
    "text",
    [
        "A=1 sudo rm -rf $x >'a b' 2>&1 | b",
        "ls \U0001f600 'é'",
        "",
        "case",
        "bash -c 'a|b'",
        "ls '\udc80' $'\\ud800'",
    ],
)
def test_a_reading_comes_back_as_it_was(text):
    """Words, redirections, places and reasons."""
    reading = extract(text)
    assert decode(text, encode(reading)) == reading


def test_a_question_and_a_state_come_as_they_were():
    """Values, aliases, functions, and what is not known of them."""
    text = "export a=b c=(d 'e f') g=$h; readonly i=j; alias k=l m=$n; o() { p; }"
    state = extract(text, ShellState()).state
    assert state is not None
    for asked in (Asked(text, state, True, 0.25), Asked(text, None, False, 1.0)):
        data = encode_question(asked.text, asked.state, is_raw=asked.is_raw, seconds=asked.seconds)
        assert decode_question(data) == asked
    reading = extract("a", state)
    assert decode("a", encode(reading)) == reading


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"text": "a", "state": 3, "is_raw": 1, "seconds": 1}']
)
def test_a_question_of_another_shape_is_refused(data):
    """Nothing is read then."""
    with pytest.raises(ValueError, match=r".*"):
        decode_question(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        json.dumps({"commands": [{}], "opaque": ""}).encode(),
        json.dumps({"commands": 3, "opaque": ""}).encode(),
    ],
)
def test_nonsense_is_refused(data):
    """Whatever has not the right shape."""
    with pytest.raises(ValueError, match=r".*"):
        decode("x", data)
