"""How an SFTP conversation begins: INIT, VERSION, and our own questions where a path leads.

What always holds: both sides speak version 3, and the client hears only of extensions that are
forwarded. What it does not do: move bytes.
"""

from bastion.errors import TransferError
from bastion.sftp import fields
from bastion.sftp.conversation import OWN_ID
from bastion.sftp.fields import Fields
from bastion.sftp.framing import Packet
from bastion.sftp.numbers import VERSION_SPOKEN, Kind, Status
from bastion.sftp.request import EXTENSIONS

_BEFORE_FIELDS = 5  # length, kind
_MAX_EXTENSIONS = 64


def init(packet: Packet) -> bytes:
    """What the host gets for the client's *packet*; raises TransferError."""
    if packet.kind != Kind.INIT or Fields(packet.raw, _BEFORE_FIELDS).uint32() < VERSION_SPOKEN:
        raise TransferError("a client does not begin with INIT of SFTP 3")
    return fields.packet(Kind.INIT, fields.uint32(VERSION_SPOKEN))


def version(packet: Packet) -> bytes:
    """What the client gets for the host's *packet*; raises TransferError."""
    told = Fields(packet.raw, _BEFORE_FIELDS)
    if packet.kind != Kind.VERSION or told.uint32() != VERSION_SPOKEN:
        raise TransferError("the host does not begin with VERSION of SFTP 3")
    known = [fields.uint32(VERSION_SPOKEN)]
    for _ in range(_MAX_EXTENSIONS):
        if told.is_over():
            return fields.packet(Kind.VERSION, *known)
        name, value = told.string(), told.string()
        if fields.text(name) in EXTENSIONS:
            known += [fields.string(name), fields.string(value)]
    raise TransferError("the host names too many extensions")


def question(path: bytes) -> bytes:
    """Our own question where *path* leads (REALPATH)."""
    return fields.packet(Kind.REALPATH, fields.uint32(OWN_ID), fields.string(path))


def is_own(packet: Packet) -> bool:
    """Whether *packet* answers a question of ours."""
    return packet.kind in (Kind.NAME, Kind.STATUS) and _id(packet) == OWN_ID


def resolved(packet: Packet) -> str | Status:
    """Where a path leads by the host's answer, or why it does not say: no such file, for one.

    Raises TransferError where that is no answer.
    """
    told = Fields(packet.raw, _BEFORE_FIELDS + 4)
    if packet.kind == Kind.STATUS:
        number = told.uint32()
        known = number in (Status.NO_SUCH_FILE, Status.PERMISSION_DENIED)
        return Status(number) if known else Status.FAILURE
    if told.uint32() != 1:
        raise TransferError("the host does not say where a path leads")
    path = fields.text(told.string())
    if not path.startswith("/"):
        raise TransferError("the host names a path that is not absolute")
    return path


def _id(packet: Packet) -> int:
    return Fields(packet.raw, _BEFORE_FIELDS).uint32()
