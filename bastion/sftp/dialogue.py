"""Whose turn it is in scp: the sender says one thing, and waits until the receiver has answered.

    the receiver begins → C… → answer → the body and its end → answer → D… → answer → …

Both programs keep to that, but nobody makes them. A client that answered in advance would have the
host send what nobody has judged, and be gone; one that went on after its file was refused would
have the next file's name taken for the body of the one before.

What always holds: a part is given out only when the one before was answered, an answer only to a
part that was given out; what a refused part would have brought (a body, a folder's end) is expected
no more. Where the host as the receiver may have said more than it was asked, nothing that names a
file is given out any more. What it does not do: read or write, or know whether something may be
done.
"""

from dataclasses import dataclass

from bastion.errors import TransferError
from bastion.sftp.scp import Acks, Body, Finished, Left, Part, Said, Sender, Sent


@dataclass(frozen=True)
class Answer:
    """What the receiver says to a part.

    Attributes:
        to: the part; None for the byte that the receiver begins with.
        complaint: empty for good.
    """

    to: Part | None
    complaint: str
    raw: bytes


class Dialogue:
    """One scp, between its sender and its receiver.

    Args:
        is_upload: the host receives. OpenSSH's then complains without being asked where it cannot
            set the times of a folder that has ended, which looks like the answer to what comes
            next.

    Attributes:
        awaits_answer: whether it is the receiver's turn.
    """

    def __init__(self, *, is_upload: bool) -> None:
        self._is_upload = is_upload
        self._sender, self._acks = Sender(), Acks()
        self._asked: Part | None = None
        self.awaits_answer = True
        self._may_say_more = self._is_lost = False

    def sent(self, data: bytes) -> None:
        """The sender's *data*."""
        self._sender.add(data)

    def answered(self, data: bytes) -> None:
        """The receiver's *data*."""
        self._acks.add(data)

    @property
    def sender_waits(self) -> int:
        """How many bytes of the sender wait here."""
        return self._sender.waiting

    @property
    def receiver_waits(self) -> int:
        """How many bytes of the receiver wait here."""
        return self._acks.waiting

    def next(self) -> Part | Answer | None:
        """What comes next, from either side; None until more has come. Raises TransferError."""
        return self._answer() if self.awaits_answer else self._part()

    def _part(self) -> Part | None:
        part = self._sender.next()
        if part is None or isinstance(part, Body):
            return part
        if self._is_upload and self._acks.waiting:
            self._is_lost = True
        if self._is_lost and not isinstance(part, Left):
            raise TransferError("the host has complained of what it was not asked")
        if not (isinstance(part, Said) and part.is_complaint):
            self._asked, self.awaits_answer = part, True
        return part

    def _answer(self) -> Answer | None:
        ack = self._acks.next()
        if ack is None:
            return None
        part, self._asked, self.awaits_answer = self._asked, None, False
        if ack.complaint:
            self._refused(part)
        self._may_say_more = isinstance(part, Left) or (
            isinstance(part, Finished) and bool(ack.complaint)
        )
        return Answer(part, ack.complaint, ack.raw)

    def _refused(self, part: Part | None) -> None:
        if self._is_upload and self._may_say_more:
            self._is_lost = True
        if isinstance(part, Sent):
            self._sender.refused()
