"""Requests of a client, as a table: which fields each kind has, and what it does with which path.

What always holds: a kind or an extension that is not in the tables is `UNKNOWN`, which nobody
forwards; an OPEN counts as what its flags can do, not as what its client means. What it does not
do: resolve paths, or know handles.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bastion.errors import TransferError
from bastion.files import Action
from bastion.sftp.fields import Fields, text
from bastion.sftp.framing import Packet
from bastion.sftp.numbers import APPENDS, CREATES, READS, TRUNCATES, WRITES, Kind

_MAX_PATH_BYTES = 4096
_BEFORE_FIELDS = 9  # length, kind, id


@dataclass(frozen=True)
class Form:
    """What a kind of request says and does.

    Attributes:
        name: for the record.
        fields: one letter each: `p` path, `h` handle, `u` and `q` numbers, `s` any string.
        action: what it does with its path, or with the path of its handle; None for neither.
        follows: whether the host follows a symbolic link that the path names.
        answers: the kinds of a good answer besides STATUS.
    """

    name: str
    fields: str
    action: Action | None = None
    follows: bool = True
    answers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        paths: as the client wrote them; what is no UTF-8 in numbers.
        raw_paths: the bytes.
        handles: as the host gave them.
        numbers: in the order of the packet: offset, length, flags.
        actions: what it does with its first path or handle.
        problem: why it cannot be forwarded; empty where it can.
    """

    id: int
    form: Form
    paths: tuple[str, ...] = ()
    raw_paths: tuple[bytes, ...] = ()
    handles: tuple[bytes, ...] = ()
    numbers: tuple[int, ...] = ()
    actions: tuple[Action, ...] = ()
    problem: str = ""


_NAME, _ATTRS = frozenset({Kind.NAME}), frozenset({Kind.ATTRS})
_HANDLE, _DATA = frozenset({Kind.HANDLE}), frozenset({Kind.DATA})
_REPLY = frozenset({Kind.EXTENDED_REPLY})

UNKNOWN = Form("unknown", "")
OPEN = Form("open", "pu", answers=_HANDLE)
CLOSE = Form("close", "h")
READ = Form("read", "hqu", answers=_DATA)
WRITE = Form("write", "hqu")
REALPATH = Form("realpath", "p", answers=_NAME)
SYMLINK = Form("symlink", "pp", Action.LINK, follows=False)
OPENDIR = Form("opendir", "p", Action.LIST, answers=_HANDLE)
COPY = Form("copy-data", "hqqhq")

FORMS: Mapping[int, Form] = MappingProxyType(
    {
        Kind.OPEN: OPEN,
        Kind.CLOSE: CLOSE,
        Kind.READ: READ,
        Kind.WRITE: WRITE,
        Kind.LSTAT: Form("lstat", "p", Action.LOOK, follows=False, answers=_ATTRS),
        Kind.FSTAT: Form("fstat", "h", Action.LOOK, answers=_ATTRS),
        Kind.SETSTAT: Form("setstat", "p", Action.CHANGE),
        Kind.FSETSTAT: Form("fsetstat", "h", Action.CHANGE),
        Kind.OPENDIR: OPENDIR,
        Kind.READDIR: Form("readdir", "h", answers=_NAME),
        Kind.REMOVE: Form("remove", "p", Action.DELETE, follows=False),
        Kind.MKDIR: Form("mkdir", "p", Action.FOLDER, follows=False),
        Kind.RMDIR: Form("rmdir", "p", Action.DELETE, follows=False),
        Kind.REALPATH: REALPATH,
        Kind.STAT: Form("stat", "p", Action.LOOK, answers=_ATTRS),
        Kind.RENAME: Form("rename", "pp", Action.RENAME, follows=False),
        Kind.READLINK: Form("readlink", "p", Action.LOOK, follows=False, answers=_NAME),
        Kind.SYMLINK: SYMLINK,
    }
)
"""The requests of the draft, by kind."""

EXTENSIONS: Mapping[str, Form] = MappingProxyType(
    {
        form.name: form
        for form in (
            Form("posix-rename@openssh.com", "pp", Action.RENAME, follows=False),
            Form("hardlink@openssh.com", "pp", Action.LINK, follows=False),
            Form("fsync@openssh.com", "h"),
            Form("statvfs@openssh.com", "p", Action.LOOK, answers=_REPLY),
            Form("fstatvfs@openssh.com", "h", Action.LOOK, answers=_REPLY),
            Form("lsetstat@openssh.com", "p", Action.CHANGE, follows=False),
            Form("limits@openssh.com", "", answers=_REPLY),
            Form("expand-path@openssh.com", "p", answers=_NAME),
            Form("home-directory", "s", answers=_NAME),
            Form("users-groups-by-id@openssh.com", "ss", answers=_REPLY),
            COPY,
        )
    }
)
"""The extensions that are forwarded (OpenSSH PROTOCOL section 4), by name."""


def parse(packet: Packet) -> Request:
    """The request in *packet*; raises TransferError where its fields do not fit."""
    fields = Fields(packet.raw, _BEFORE_FIELDS - 4)
    request_id, form = fields.uint32(), FORMS.get(packet.kind, UNKNOWN)
    if packet.kind == Kind.EXTENDED:
        form = EXTENSIONS.get(text(fields.string()), UNKNOWN)
    if form is UNKNOWN:
        return Request(request_id, UNKNOWN, problem="this bastion does not know that request")
    paths, handles, numbers = [], [], []
    for letter in form.fields:
        match letter:
            case "p":
                paths.append(fields.string())
            case "h":
                handles.append(fields.string())
            case "u":
                numbers.append(fields.uint32())
            case "q":
                numbers.append(fields.uint64())
            case _:
                fields.string()
    if form is WRITE and numbers[1] != packet.data_bytes:  # the host would write less than passes
        raise TransferError("the data of an SFTP packet is longer or shorter than it says")
    return Request(
        request_id,
        form,
        tuple(map(text, paths)),
        tuple(paths),
        tuple(handles),
        tuple(numbers),
        _actions(form, numbers),
        _problem(paths),
    )


def _actions(form: Form, numbers: list[int]) -> tuple[Action, ...]:
    if form is not OPEN:
        return (form.action,) if form.action else ()
    flags = numbers[0]
    is_write = flags & (WRITES | APPENDS | CREATES | TRUNCATES)
    is_read = flags & READS or not flags & WRITES
    reading, writing = (Action.DOWNLOAD,) * bool(is_read), (Action.UPLOAD,) * bool(is_write)
    return (*reading, *writing)


def _problem(paths: list[bytes]) -> str:
    if any(b"\0" in path for path in paths):
        return "a path has a NUL in it"
    if any(len(path) > _MAX_PATH_BYTES for path in paths):
        return "a path is too long"
    return ""
