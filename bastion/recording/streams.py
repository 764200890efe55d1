"""The bytes of one stream of a recording, as they passed: what a command read, and what it said.

What always holds: what comes out is byte for byte what went over the wire, without the bastion's
own notices; nothing is held in memory but the event at hand. What it does not do: prove the
recording (`bastion.recording.reader.verify`), or make bytes safe to print.
"""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from bastion.events import Event, Input, Output
from bastion.recording.reader import events


class RecordedStream(StrEnum):
    """A stream of a command."""

    STDIN = "stdin"
    STDOUT = "stdout"
    STDERR = "stderr"


def recorded_bytes(path: Path, stream: RecordedStream) -> Iterator[bytes]:
    """The bytes of *stream* in the recording at *path*, in order; raises RecordingError."""
    for timed in events(path):
        if data := _of(timed.event, stream):
            yield data


def _of(event: Event, stream: RecordedStream) -> bytes:
    match event:
        case Input(data) if stream is RecordedStream.STDIN:
            return data
        case Output(data, source, notice) if source == stream and not notice:
            return data
        case _:
            return b""
