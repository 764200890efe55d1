"""Counts what is read from or written to one open file, and hashes it while it comes in order.

What always holds: the hash is that of exactly the bytes from the beginning of the file up to the
count; once a piece came out of order there is no hash. What it does not do: keep bytes.
"""

import hashlib


class Tally:
    """One direction of one open file.

    Attributes:
        total: how many bytes have passed.
        is_in_order: whether they came from the beginning on and without a gap.
    """

    def __init__(self) -> None:
        self.total = 0
        self.is_in_order = True
        self._next = 0
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The hash (hex) of what has passed; empty without one."""
        return self._hash.hexdigest() if self.total and self.is_in_order else ""

    def at(self, offset: int) -> None:
        """What comes next stands at *offset* of the file."""
        if offset != self._next:
            self.is_in_order = False

    def add(self, data: bytes) -> None:
        """The next piece."""
        self.total += len(data)
        self._next += len(data)
        if self.is_in_order:
            self._hash.update(data)

    def spoil(self) -> None:
        """Some of what passed did not arrive."""
        self.is_in_order = False
