"""Cuts a stream of bytes into SFTP packets; the data of one kind (WRITE, DATA) comes in pieces.

What always holds: memory is bounded by one packet; a length that no packet may have raises
TransferError before any of it is kept. What it does not do: read fields.
"""

import struct
from dataclasses import dataclass

from bastion.errors import TransferError
from bastion.sftp.numbers import MAX_PACKET_BYTES, Kind

_HEAD = struct.Struct(">IB")
_UINT32 = struct.Struct(">I")
_ID_END = 9  # length, kind, id
MAX_HANDLE_BYTES = 256
"""The longest handle (section 6.3)."""


@dataclass(frozen=True)
class Packet:
    """A packet, or of one whose data comes in pieces the part before its data.

    Attributes:
        raw: as it stood in the stream, with its length.
        data_bytes: how much data follows in pieces.
    """

    kind: int
    raw: bytes
    data_bytes: int = 0


class Framer:
    """One direction of the stream."""

    def __init__(self, streamed: Kind) -> None:
        self._streamed = streamed
        self._buffer = bytearray()
        self._left = 0

    @property
    def is_between(self) -> bool:
        """Whether a packet of ours may stand here: no data of another is under way."""
        return not self._left

    def add(self, data: bytes) -> None:
        """Take in *data*."""
        self._buffer += data

    def next(self) -> Packet | bytes | None:
        """The next packet, or piece of data; None until more has come. Raises TransferError."""
        if self._left:
            return self._piece()
        if len(self._buffer) < _HEAD.size:
            return None
        length, kind = _HEAD.unpack_from(self._buffer)
        if not 1 <= length <= MAX_PACKET_BYTES:
            raise TransferError(f"an SFTP packet of {length} bytes")
        whole = length + _UINT32.size
        wanted = self._before_data() if kind == self._streamed else whole
        if wanted > whole:
            raise TransferError("an SFTP packet is too short for its fields")
        if len(self._buffer) < wanted:
            return None
        self._left = whole - wanted
        return Packet(kind, self._taken(wanted), self._left)

    def _before_data(self) -> int:
        """How much of the packet stands before its data; at least what is needed to say so."""
        if self._streamed is Kind.DATA:
            return _ID_END + _UINT32.size
        handle_end = _ID_END + _UINT32.size
        if len(self._buffer) < handle_end:
            return handle_end
        (length,) = _UINT32.unpack_from(self._buffer, _ID_END)
        if length > MAX_HANDLE_BYTES:
            raise TransferError(f"an SFTP handle of {length} bytes")
        return int(handle_end + length + 12)  # offset and length of the data

    def _piece(self) -> bytes | None:
        if not self._buffer:
            return None
        piece = self._taken(min(self._left, len(self._buffer)))
        self._left -= len(piece)
        return piece

    def _taken(self, count: int) -> bytes:
        if count == len(self._buffer):
            taken, self._buffer = bytes(self._buffer), bytearray()
            return taken
        with memoryview(self._buffer) as view:
            taken = bytes(view[:count])
        del self._buffer[:count]
        return taken
