"""Closes recordings that were cut off when the bastion died.

What always holds: nothing that was recorded is lost, whatever happens meanwhile: whole lines stay
as they are, and the bytes of a line that was cut in two are kept in the closing note, in a copy
that takes the file's place in one step. A recording that a living process writes is left alone (its
writer holds a lock on the file). A recording whose chain does not fit is not sealed, so that
recovery never makes tampered lines look proven. What it does not do: touch the store.
"""

import base64
import errno
import fcntl
import os
import shutil
from pathlib import Path
from typing import BinaryIO

from bastion import chain
from bastion.errors import RecordingError
from bastion.recording.asciicast import encode_note, link_note
from bastion.recording.reader import Follower
from bastion.recording.writer import write_all


def recover(path: Path, signer: chain.Signer) -> bool:
    """Close the recording at *path*; False where a living process still writes it.

    Raises RecordingError where it cannot be read or written, or where its chain does not fit.
    """
    try:
        with path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _close(path, file, signer)
    except OSError as error:
        if error.errno == errno.EWOULDBLOCK:
            return False
        raise RecordingError(f"{path}: {error.strerror}") from error
    return True


def _close(path: Path, file: BinaryIO, signer: chain.Signer) -> None:
    follower = Follower(path.stem, signer.verifier)
    whole_bytes, torn = 0, b""
    for line in file:
        if not line.endswith(b"\n"):
            torn = line
            break
        whole_bytes += len(line)
        follower.follow(line)
    if follower.is_sealed and torn:
        raise RecordingError(f"{path}: something stands after the seal; it is left as it is")
    if follower.problem:
        raise RecordingError(f"{path}: {follower.problem}; it is left as it is")
    if follower.is_sealed:
        return
    ending = _ending(follower, torn, signer)
    if torn:
        _replace(path, file, whole_bytes, ending)
    else:
        os.lseek(file.fileno(), 0, os.SEEK_END)
        write_all(file.fileno(), ending)
        os.fsync(file.fileno())


def _ending(follower: Follower, torn: bytes, signer: chain.Signer) -> bytes:
    """The closing note and the seal."""
    note = {"unproven_lines": follower.pending, "torn": base64.b64encode(torn).decode()}
    line = encode_note("recovered", note)
    follower.follow(line)
    head = follower.next_link("seal")
    return line + encode_note("seal", link_note(follower.links + 1, head, signer.sign(head).hex()))


def _replace(path: Path, file: BinaryIO, whole_bytes: int, ending: bytes) -> None:
    """Put a copy of the whole lines, with *ending*, in the place of the file."""
    copy_path = path.with_suffix(".recovering")
    try:
        fd = os.open(copy_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as copy:
            file.seek(0)
            shutil.copyfileobj(file, copy)
            copy.truncate(whole_bytes)
            copy.seek(whole_bytes)
            copy.write(ending)
            copy.flush()
            os.fsync(fd)
        copy_path.replace(path)
    except BaseException:
        copy_path.unlink(missing_ok=True)
        raise
