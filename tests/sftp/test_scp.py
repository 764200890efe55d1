"""The scp protocol: what the sender says, and what the receiver answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.errors import TransferError
from bastion.sftp.scp import Ack, Acks, Body, Entered, Finished, Left, Said, Sender, Sent

STREAM = b"T1 0 1 0\nD0755 0 d\nC0644 5 f\nhello\0C0600 0 e\n\0E\n"


def parts(sender, data):
    sender.add(data)
    found = []
    while (part := sender.next()) is not None:
        found.append(part)
    return found


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_cuts_do_not_matter(cuts):
    """However the stream arrives, it says the same, and nothing is lost."""
    sender, found, start = Sender(), [], 0
    for end in [*sorted(cuts), len(STREAM)]:
        found += parts(sender, STREAM[start:end])
        start = end
    assert b"".join(part.raw for part in found) == STREAM
    named = [part for part in found if not isinstance(part, Body)]
    assert [type(part) for part in named] == [Said, Entered, Sent, Finished, Sent, Finished, Left]
    assert [(part.name, part.size) for part in named if isinstance(part, Sent)] == [
        ("f", 5),
        ("e", 0),
    ]


def test_a_file_that_could_not_be_read_is_not_good():
    """The sender says so in the place of the last byte."""
    *_, last = parts(Sender(), b"C0644 1 f\nx\x01scp: gone\n")
    assert last == Finished(is_good=False, raw=b"\x01scp: gone\n")


@pytest.mark.parametrize(
    "line",
    [
        b"C0644 5 ../x\n",
        b"C0644 5 a/b\n",
        b"C0644 5 ..\n",
        b"D0755 0 .\n",
        b"C0644 -5 f\n",
        b"C0644 99999999999999999999999 f\n",
        b"C0644 9999999999999999999 f\n",
        b"C0644 5 \n",
        b"X\n",
        b"x" * 9000,
        b"C0644 1 " + b"x" * 2000,
        b"\x01" + b"x" * 2000,
        b"C0644 1 f\nxy",
        b"C0644 0 f\n\x01" + b"x" * 2000,
    ],
)
def test_what_nobody_says_ends_it(line):
    """Names that leave the folder, numbers that are none, lines without an end."""
    sender = Sender()
    with pytest.raises(TransferError):
        parts(sender, line + b"\n")


def test_answers():
    """A byte 0 for good, a line for what is not; complaints may come in pieces."""
    acks = Acks()
    acks.add(b"\0\x01scp: no")
    assert (acks.next(), acks.next()) == (Ack("", b"\0"), None)
    acks.add(b"t there\n\0")
    assert acks.next() == Ack("scp: not there", b"\x01scp: not there\n")
    assert (acks.next(), acks.waiting) == (Ack("", b"\0"), 0)


@pytest.mark.parametrize("answer", [b"?", b"\x01" + b"x" * 2000])
def test_answers_that_nobody_gives(answer):
    """OpenSSH's scp reads the rest of a long complaint as further answers."""
    acks = Acks()
    acks.add(answer + b"\n")
    with pytest.raises(TransferError):
        acks.next()
