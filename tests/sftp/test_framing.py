"""Cutting a stream into packets: any cut of it gives the same packets, in bounded memory."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.errors import TransferError
from bastion.sftp import fields
from bastion.sftp.framing import Framer, Packet
from bastion.sftp.numbers import MAX_PACKET_BYTES, Kind

STAT = fields.packet(Kind.STAT, fields.uint32(1), fields.string(b"/x"))
HEAD = fields.uint32(2) + fields.string(b"hand") + struct.pack(">QI", 7, 5)
WRITE = fields.packet(Kind.WRITE, HEAD, b"hello")


def cut(framer, data):
    """What the framer makes of *data*; pieces of one packet's data joined."""
    framer.add(data)
    found = []
    while (piece := framer.next()) is not None:
        found.append(piece)
    return found


def joined(pieces):
    whole = []
    for piece in pieces:
        if isinstance(piece, bytes) and whole and isinstance(whole[-1], bytes):
            whole[-1] += piece
        else:
            whole.append(piece)
    return whole


@given(st.lists(st.integers(1, len(STAT + WRITE + STAT)), max_size=8))
def test_cuts_do_not_matter(cuts):
    """However the stream arrives, it is the same packets and the same data."""
    stream, framer, found, start = STAT + WRITE + STAT, Framer(Kind.WRITE), [], 0
    for end in [*sorted(cuts), len(stream)]:
        found += cut(framer, stream[start:end])
        start = end
    stat = Packet(Kind.STAT, STAT)
    write = Packet(Kind.WRITE, WRITE[: len(WRITE) - 5], 5)
    assert joined(found) == [stat, write, b"hello", stat]


def test_data_passes_before_its_packet_is_whole():
    """A large WRITE is not gathered."""
    framer = Framer(Kind.WRITE)
    head = struct.pack(">IB", len(HEAD) + 1 + 100_000, Kind.WRITE) + HEAD
    packet, piece = cut(framer, head + b"x" * 10)
    assert (packet.data_bytes, piece) == (100_000, b"x" * 10)
    assert not framer.is_between


@pytest.mark.parametrize(
    "start",
    [
        struct.pack(">IB", 0, Kind.STAT),
        struct.pack(">IB", MAX_PACKET_BYTES + 1, Kind.STAT),
        struct.pack(">IB", 0xFFFFFFFF, Kind.WRITE),
        struct.pack(">IBI", 12, Kind.WRITE, 1) + struct.pack(">I", 4),
        struct.pack(">IBI", 2000, Kind.WRITE, 1) + struct.pack(">I", 257),
    ],
    ids=["empty", "long", "longest", "fields beyond the end", "long handle"],
)
def test_hostile_lengths_end_it(start):
    """No length makes the framer wait for what it will not keep."""
    framer = Framer(Kind.WRITE)
    with pytest.raises(TransferError):
        cut(framer, start)
