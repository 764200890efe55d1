"""Fields of SFTP packets, read and written: numbers, and strings with their length before them.

What always holds: a field that is longer than its packet raises TransferError, and nothing is read
past the end. What it does not do: know which packet has which fields.
"""

import struct

from bastion.errors import TransferError
from bastion.sftp.numbers import Kind, Status

_UINT32, _UINT64 = struct.Struct(">I"), struct.Struct(">Q")


class Fields:
    """Reads the fields of *body* one after the other."""

    def __init__(self, body: bytes, offset: int = 0) -> None:
        self._body, self._offset = body, offset

    def uint32(self) -> int:
        """The next four bytes."""
        return int(self._number(_UINT32))

    def uint64(self) -> int:
        """The next eight bytes."""
        return int(self._number(_UINT64))

    def string(self) -> bytes:
        """The next string."""
        length = self.uint32()
        start, self._offset = self._offset, self._offset + length
        if self._offset > len(self._body):
            raise TransferError("a string is longer than its SFTP packet")
        return self._body[start : self._offset]

    def is_over(self) -> bool:
        """Whether nothing is left."""
        return self._offset >= len(self._body)

    def _number(self, form: struct.Struct) -> int:
        start, self._offset = self._offset, self._offset + form.size
        if self._offset > len(self._body):
            raise TransferError("an SFTP packet ends inside a number")
        number: int = form.unpack_from(self._body, start)[0]
        return number


def packet(kind: int, *parts: bytes) -> bytes:
    """A whole packet, with its length."""
    body = b"".join(parts)
    return _UINT32.pack(len(body) + 1) + bytes((kind,)) + body


def uint32(number: int) -> bytes:
    """*number* as a field."""
    return _UINT32.pack(number)


def string(data: bytes) -> bytes:
    """*data* as a field."""
    return _UINT32.pack(len(data)) + data


def status(request_id: int, status_: Status, message: str) -> bytes:
    """A STATUS packet (section 7)."""
    parts = uint32(request_id), uint32(status_), string(message.encode()), string(b"en")
    return packet(Kind.STATUS, *parts)


def text(path: bytes) -> str:
    """A path as text; bytes that are no UTF-8 with a backslash and their number."""
    return path.decode("utf-8", "backslashreplace")
