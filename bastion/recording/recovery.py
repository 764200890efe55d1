"""Closes recordings that were cut off when the bastion died.

What always holds: nothing that was recorded is lost: whole lines stay as they are, and the bytes of
a line that was cut in two are kept in the closing note. A recording that a living process writes is
left alone (its writer holds a lock on the file). A recording whose chain does not fit is not
sealed, so that recovery never makes tampered lines look proven. What it does not do: touch the
store.
"""

import base64
import errno
import fcntl
import os
from pathlib import Path

from bastion import chain
from bastion.errors import RecordingError
from bastion.recording.asciicast import encode_note, link_note
from bastion.recording.reader import Follower


def recover(path: Path, signer: chain.Signer) -> bool:
    """Close the recording at *path*; False where a living process still writes it.

    Raises RecordingError where it cannot be read or written, or where its chain does not fit.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_APPEND)
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _close(path, fd, signer)
    except OSError as error:
        if error.errno == errno.EWOULDBLOCK:
            return False
        raise RecordingError(f"{path}: {error.strerror}") from error
    finally:
        os.close(fd)
    return True


def _close(path: Path, fd: int, signer: chain.Signer) -> None:
    follower = Follower(path.stem, signer.verifier)
    whole_bytes, torn = 0, b""
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                torn = line
                break
            whole_bytes += len(line)
            follower.follow(line)
    if follower.problem:
        raise RecordingError(f"{path}: {follower.problem}; it is left as it is")
    if follower.is_sealed:
        return
    os.ftruncate(fd, whole_bytes)
    note = {"unproven_lines": follower.pending, "torn": base64.b64encode(torn).decode()}
    line = encode_note("recovered", note)
    follower.follow(line)
    head = follower.next_link()
    seal = link_note(follower.links + 1, head, signer.sign(head).hex())
    os.write(fd, line + encode_note("seal", seal))
    os.fsync(fd)
