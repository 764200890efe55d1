"""One SFTP conversation: which requests are open, which handles stand for which file.

What always holds: an answer belongs to a request that waits for one, and is of a kind that it can
have; a denial of ours takes its turn behind the answers to what was asked before it; a handle is
known from its HANDLE until its CLOSE is asked for, and none other passes; all tables are bounded.
What it does not do: decide who may do what, or move bytes.
"""

from dataclasses import dataclass, field

from bastion.errors import TransferError
from bastion.sftp import fields, request
from bastion.sftp.fields import Fields
from bastion.sftp.framing import MAX_HANDLE_BYTES, Packet
from bastion.sftp.numbers import Kind, Status
from bastion.sftp.request import Request
from bastion.sftp.tally import Tally

MAX_PENDING = 1024
MAX_HANDLES = 1024
OWN_ID = 0xFFFFFFFF
"""The id of the bastion's own questions; at most one waits."""

_BEFORE_FIELDS = 9  # length, kind, id


@dataclass(eq=False)
class Opened:
    """A file or folder that the host has open, or is asked to open.

    Attributes:
        number: of its deed in the record.
        path: clean and absolute.
    """

    number: int
    path: str
    read: Tally = field(default_factory=Tally)
    written: Tally = field(default_factory=Tally)


@dataclass(eq=False)
class Waiting:
    """A request that the host has not answered.

    Attributes:
        numbers: of its deeds in the record.
        opened: the file that it opens, reads, writes or closes.
        denial: our own answer, if the request was not forwarded.
    """

    request: Request
    numbers: tuple[int, ...] = ()
    opened: Opened | None = None
    denial: bytes = b""


@dataclass(frozen=True)
class Answer:
    """The host's answer to a request.

    Attributes:
        status: what a STATUS says; None for another kind.
    """

    waiting: Waiting
    status: int | None

    @property
    def is_good(self) -> bool:
        """Whether the host did what it was asked for."""
        return self.status in {None, Status.OK, Status.EOF}

    @property
    def words(self) -> str:
        """How it went, for people."""
        if self.is_good:
            return "ok"
        known = self.status in Status.__members__.values()
        return Status(self.status).words if known and self.status else f"status {self.status}"


class Conversation:
    """The tables of one conversation.

    Attributes:
        handles: what is open, by the host's handle.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, Waiting] = {}
        self.handles: dict[bytes, Opened] = {}

    def forwarded(self, asked: Request, numbers: tuple[int, ...], opened: Opened | None) -> None:
        """*asked* goes to the host; raises TransferError where that cannot be followed."""
        self._enter(Waiting(asked, numbers, opened))
        if asked.form is request.CLOSE:
            self.handles.pop(asked.handles[0], None)

    def denied(self, asked: Request, status: Status, message: str) -> None:
        """*asked* is answered by us, in its turn; raises TransferError."""
        denial = fields.status(asked.id, status, message)
        self._enter(Waiting(asked, denial=denial))

    def due(self) -> bytes:
        """The denials whose turn has come."""
        due = []
        while self._waiting:
            request_id, first = next(iter(self._waiting.items()))
            if not first.denial:
                break
            due.append(first.denial)
            del self._waiting[request_id]
        return b"".join(due)

    def problem(self, asked: Request) -> str:
        """Why *asked* cannot be forwarded, whoever asks; empty where it can."""
        if asked.problem:
            return asked.problem
        if any(handle not in self.handles for handle in asked.handles):
            return "no such handle"
        opens = asked.form in (request.OPEN, request.OPENDIR)
        if opens and len(self.handles) + self._opening >= MAX_HANDLES:
            return "too many open files"
        return ""

    def answered(self, packet: Packet) -> Answer:
        """The answer in *packet*; raises TransferError where nobody asked for it."""
        told = Fields(packet.raw, _BEFORE_FIELDS - 4)
        request_id = told.uint32()
        waiting = self._waiting.get(request_id)
        if waiting is None or waiting.denial:
            raise TransferError("the host answers what nobody asked it")
        asked = waiting.request
        if packet.kind != Kind.STATUS and packet.kind not in asked.form.answers:
            raise TransferError(f"the host answers {asked.form.name} with a packet {packet.kind}")
        del self._waiting[request_id]
        if packet.kind == Kind.HANDLE and waiting.opened is not None:
            self._open(told.string(), waiting.opened)
        status = told.uint32() if packet.kind == Kind.STATUS else None
        if packet.kind == Kind.DATA and packet.data_bytes != told.uint32():
            raise TransferError("the data of an SFTP packet is longer or shorter than it says")
        return Answer(waiting, status)

    def unanswered(self) -> list[Waiting]:
        """What the host was asked and has not answered, in order."""
        return [waiting for waiting in self._waiting.values() if not waiting.denial]

    @property
    def is_full(self) -> bool:
        """Whether no request can be taken before the host has answered one."""
        return len(self._waiting) >= MAX_PENDING

    @property
    def _opening(self) -> int:
        opens = (request.OPEN, request.OPENDIR)
        return sum(waiting.request.form in opens for waiting in self._waiting.values())

    def _enter(self, waiting: Waiting) -> None:
        asked = waiting.request
        if asked.id in self._waiting or asked.id == OWN_ID:
            raise TransferError("a client uses the id of a request that waits for its answer")
        if self.is_full:
            raise TransferError("too many requests wait for the host")
        self._waiting[asked.id] = waiting

    def _open(self, handle: bytes, opened: Opened) -> None:
        if handle in self.handles:
            raise TransferError("the host gives two files the same handle")
        if len(handle) > MAX_HANDLE_BYTES:
            raise TransferError(f"an SFTP handle of {len(handle)} bytes")
        self.handles[handle] = opened
