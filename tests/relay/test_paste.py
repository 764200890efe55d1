"""What is still to come of a paste, thrown away."""

import pytest

from bastion.relay.paste import Paste, accepting


def stopped(*pieces: bytes) -> Paste:
    """A paste that was stopped after *pieces*."""
    paste = Paste()
    for piece in pieces:
        assert paste.wanted(piece) == piece
    paste.throw_away()
    return paste


def test_the_rest_of_a_paste_is_thrown_away():
    """To its end, and not a byte further."""
    paste = stopped(b"x\x1b[200~one\r")
    assert paste.wanted(b"two\r") == b""
    assert paste.wanted(b"three\x1b[201~\rls") == b"\rls"
    assert paste.wanted(b"more") == b"more"


@pytest.mark.parametrize("cut", range(1, 6))
def test_marks_may_be_split_anywhere(cut):
    """Bytes arrive as they like."""
    begin, end = b"\x1b[200~", b"\x1b[201~"
    paste = stopped(begin[:cut], begin[cut:] + b"one\r")
    assert paste.wanted(b"two" + end[:cut]) == b""
    assert paste.wanted(end[cut:] + b"ls") == b"ls"


def test_after_a_whole_paste_nothing_is_thrown_away():
    """Typing that follows is wanted, and so is typing without any paste."""
    assert stopped(b"\x1b[200~one\x1b[201~").wanted(b"ls") == b"ls"
    assert stopped(b"one").wanted(b"ls") == b"ls"


def test_a_second_paste_in_the_same_piece_is_thrown_away_to_its_end():
    """It was on its way before anybody could have read why."""
    paste = stopped(b"\x1b[200~one\r")
    assert paste.wanted(b"two\x1b[201~\x1b[200~three\r") == b""
    assert paste.wanted(b"four\x1b[201~ls") == b"ls"


def test_ctrl_c_ends_it():
    """An end that never comes locks nobody out."""
    paste = stopped(b"\x1b[200~one\r")
    assert paste.wanted(b"two\x03ls") == b"\x03ls"
    assert paste.wanted(b"more") == b"more"


@pytest.mark.parametrize("key", [b"\r", b"\n", b"\x0f", b"\x04", b"\x18\x05", b"\x1ba", b"\x1bv"])
def test_a_key_that_accepts_may_come_in_two_pieces(key):
    """What may accept is the last byte of it."""
    last = len(key) - 1
    assert accepting(b"ab" + key + b"c") == 2 + last
    assert accepting(key[last:], key[:last]) == 0


@pytest.mark.parametrize("keys", [b"ava", b"\x05", b"\x1b[A", b"\x1bOA", b"\x18\x18", b"\x1b[3~"])
def test_keys_that_move_and_edit_accept_nothing(keys):
    """Though they are made of the same bytes."""
    assert accepting(keys) == -1
