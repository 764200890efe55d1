"""Readings cross between processes as plain data."""

import json

import pytest

from bastion.command.extract import extract
from bastion.command.wire import decode, encode


@pytest.mark.parametrize(
    "text", ["A=1 sudo rm -rf $x >'a b' 2>&1 | b", "ls \U0001f600 'é'", "", "case", "bash -c 'a|b'"]
)
def test_a_reading_comes_back_as_it_was(text):
    """Words, redirections, places and reasons."""
    reading = extract(text)
    assert decode(text, encode(reading)) == reading


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
