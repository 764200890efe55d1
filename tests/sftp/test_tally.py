"""Counting and hashing what passes."""

import hashlib

from bastion.sftp.tally import Tally


def test_what_comes_in_order_is_hashed():
    """From the beginning, piece by piece, whatever the requests are cut into."""
    tally = Tally()
    for offset, pieces in ((0, (b"ab", b"c")), (3, (b"def",))):
        tally.at(offset)
        for piece in pieces:
            tally.add(piece)
    assert (tally.total, tally.sha256) == (6, hashlib.sha256(b"abcdef").hexdigest())


def test_what_does_not_has_no_hash():
    """A gap, a resumed transfer, a piece that was refused: counted, not hashed."""
    for spoil in (lambda t: t.at(9), Tally.spoil):
        tally = Tally()
        tally.add(b"ab")
        spoil(tally)
        tally.add(b"c")
        assert (tally.total, tally.sha256) == (3, "")
