"""Cutting scripts into blocks: only where a command may end, and nothing is lost."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.command.scripts import BLOCK_CHARS, blocks, complete, ends


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb\n", ["a\n", "b\n"]),
        ("a\nb", ["a\n", "b"]),
        ("cat \\\n/etc/shadow\nb\n", ["cat \\\n/etc/shadow\n", "b\n"]),
        ("a |\nb\n", ["a |\nb\n"]),
        ("a && \nb\n", ["a && \nb\n"]),
        ("a ||\nb\n", ["a ||\nb\n"]),
        ("echo 'a\nb'\nc\n", ["echo 'a\nb'\n", "c\n"]),
        ('echo "a\n$(b\nc)"\nd\n', ['echo "a\n$(b\nc)"\n', "d\n"]),
        ("x=$(a\nb)\nc\n", ["x=$(a\nb)\n", "c\n"]),
        ("# it's\na\n", ["# it's\n", "a\n"]),
        ("cat <<E\nit's\nE\nb\n", ["cat <<E\nit's\nE\n", "b\n"]),
        ("cat <<E; b\n'\nE\nc 'x\ny'\nd\n", ["cat <<E; b\n'\nE\n", "c 'x\ny'\n", "d\n"]),
        ("cat <<A <<B\na\nA\n'b\nB\nc\n", ["cat <<A <<B\na\nA\n'b\nB\n", "c\n"]),
        ("cat <<A\nA\ncat <<B\nB\nc\n", ["cat <<A\nA\n", "cat <<B\nB\n", "c\n"]),
        ("cat <<E\nnever closed\n", ["cat <<E\nnever closed\n"]),
        ("echo 'never closed\nrm x\n", ["echo 'never closed\nrm x\n"]),
    ],
)
def test_a_cut_lies_where_a_command_may_end(text, lines):
    """Quotes, substitutions, here-documents and lines that go on stay whole."""
    places = [0, *ends(text), len(text)]
    cut = [text[a:b] for a, b in pairwise(places) if a < b]
    assert cut == lines


def test_what_is_complete_can_be_read_now():
    """The part of a script that has come is read up to the last line that is whole."""
    text = "a\nb 'x\n"
    assert text[: complete(text)] == "a\n"
    assert complete("cat \\\n") == 0


@given(st.text(alphabet="ab \n'\"$()<E\\|&#`", max_size=300))
def test_the_blocks_joined_are_the_text(text):
    """Whatever the text is, nothing is lost or moved."""
    found = blocks(text)
    assert "".join(block.text for block in found) == text
    assert all(text[block.start : block.end] == block.text for block in found)


def test_blocks_are_small():
    """A long script is many blocks, and cutting takes no more than its length."""
    text = "cat <<E\nbody\nE\n" + "echo hello world\n" * 5000
    began = time.process_time()
    found = blocks(text)
    assert time.process_time() - began < 5
    assert max(len(block.text) for block in found) <= BLOCK_CHARS
    assert len(found) < 2 * len(text) / BLOCK_CHARS + 2
