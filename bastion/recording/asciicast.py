"""The recording's file format: asciicast v3 with annotations in comment lines.

Described with a worked example in docs/PROTOCOL.recording. In short: line 1 is the asciicast
header; an event is one line `[interval, code, data]`; a line that starts with `#` holds one JSON
object that either annotates the event on the next line (`raw`, `stream`, `notice`, `masked`,
`judged`, `outcome`, `signal`) or stands alone (`session`, `link`, `seal`, `recovered`). Players
skip the comments.

What always holds: `decode` of what `encode` made gives the same events with the exact bytes, valid
UTF-8 or not; a line that is no event of this format raises RecordingError and nothing else, however
it was made. What it does not do: touch files, hash or sign.
"""

import base64
import codecs
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from bastion.errors import RecordingError
from bastion.events import (
    Carried,
    Event,
    Exit,
    FileAsked,
    FileDone,
    Input,
    Judged,
    Marker,
    Masked,
    Outcome,
    Output,
    Resize,
    Stream,
    Timed,
)

_SIGNAL_STATUS = 128  # what `x` shows for an end by signal, as shells do

# What reading a hostile line can raise: not JSON, nested too deep, the wrong type, missing, 1e999.
_UNREADABLE = (ValueError, RecursionError, TypeError, KeyError, OverflowError)


@dataclass(frozen=True)
class Header:
    """The first line: what every asciicast player reads.

    Attributes:
        cols: terminal width at the start.
        rows: terminal height at the start.
        term: terminal type, for example `xterm-256color`; empty without a terminal.
        timestamp: Unix seconds of the start.
        title: who and where, for a person.
        command: the command of an exec; empty for a shell.
    """

    cols: int
    rows: int
    term: str
    timestamp: int
    title: str
    command: str = ""


def encode_header(header: Header) -> bytes:
    """The header as the file's first line."""
    term: dict[str, Any] = {"cols": header.cols, "rows": header.rows}
    if header.term:
        term["type"] = header.term
    tree: dict[str, Any] = {
        "version": 3,
        "term": term,
        "timestamp": header.timestamp,
        "title": _shown(header.title),
    }
    if header.command:
        tree["command"] = _shown(header.command)
    return _line(tree)


def decode_header(line: bytes) -> Header:
    """The header in the file's first *line*; raises RecordingError."""
    try:
        tree = json.loads(line)
        if tree["version"] != 3:  # noqa: PLR2004  asciicast v3
            raise RecordingError(f"asciicast version {tree['version']} is not 3")
        return Header(
            cols=int(tree["term"]["cols"]),
            rows=int(tree["term"]["rows"]),
            term=str(tree["term"].get("type", "")),
            timestamp=int(tree.get("timestamp", 0)),
            title=str(tree.get("title", "")),
            command=str(tree.get("command", "")),
        )
    except (*_UNREADABLE, AttributeError) as error:
        raise RecordingError(f"the first line is no asciicast v3 header: {error}") from error


def encode_note(name: str, value: Mapping[str, Any]) -> bytes:
    """A comment line that stands alone: a fact about the recording itself."""
    return b"#" + _line({name: dict(value)})


def decode_note(line: bytes) -> dict[str, Any]:
    """The object in a comment *line*; empty where the comment is not of ours."""
    try:
        tree = json.loads(line[1:])
    except _UNREADABLE:
        return {}
    return tree if isinstance(tree, dict) else {}


def link_note(number: int, head: bytes, signature: str) -> dict[str, Any]:
    """What stands in a `link` or `seal` note: the *number* of the link, its hash, its signature."""
    return {"n": number, "hash": head.hex(), "signature": signature}


class Encoder:
    """Turns events into lines; keeps the time and the characters that were cut in two.

    Without a terminal, binary data stands only in its annotation: nobody could read it as text.
    """

    def __init__(self, *, has_terminal: bool = True) -> None:
        self._has_terminal = has_terminal
        self._at = 0
        self._decoders = {name: _utf8() for name in ("stdout", "stderr", "input")}

    def encode(self, timed: Timed) -> bytes:
        """The line of the event, after its annotation's line where it needs one."""
        code, data, annotation = self._parts(timed.event)
        now = max(round(timed.at * 1_000_000), self._at)
        interval, self._at = (now - self._at) / 1_000_000, now
        event = _line([interval, code, data])
        return b"#" + _line(annotation) + event if annotation else event

    def _parts(self, event: Event) -> tuple[str, str, dict[str, Any]]:
        match event:
            case Output():
                return "o", *self._output(event)
            case Input(data):
                return "i", *self._text(data, "input")
            case Masked():
                return "i", "", {"masked": True}
            case Resize(cols, rows):
                return "r", f"{cols}x{rows}", {}
            case Exit():
                return "x", *_exit(event)
            case _:
                label, annotation = _marker(event)
                return "m", _shown(label), annotation

    def _output(self, event: Output) -> tuple[str, dict[str, Any]]:
        text, annotation = self._text(event.data, event.stream)
        if event.stream != "stdout":
            annotation["stream"] = event.stream
        if event.notice:
            annotation["notice"] = True
        return text, annotation

    def _text(self, data: bytes, stream: str) -> tuple[str, dict[str, Any]]:
        decoder = self._decoders[stream]
        if b"\0" in data and not self._has_terminal:
            decoder.reset()
            return "", _raw(data)
        text = decoder.decode(data)
        return text, {} if text.encode() == data else _raw(data)


class Decoder:
    """Turns lines back into events; *at* is the moment of the event before the first line."""

    def __init__(self, at: float = 0.0) -> None:
        self._at = at
        self._annotation: dict[str, Any] = {}

    def decode(self, line: bytes) -> Timed | None:
        """The event in *line*, None for a comment or a blank; raises RecordingError."""
        if line.startswith(b"#"):
            self._annotation = decode_note(line)
            return None
        if not line.strip():
            return None
        annotation, self._annotation = self._annotation, {}
        try:
            interval, code, data = json.loads(line)
            at = self._at + interval
            if not (isinstance(data, str) and math.isfinite(at) and interval >= 0):
                raise RecordingError(f"a line is no event: {line[:40]!r}")
            self._at = at
            event = _event(code, data, annotation)
        except _UNREADABLE as error:
            raise RecordingError(f"a line is no event: {error}") from error
        return Timed(self._at, event) if event else None


def _event(code: str, data: str, annotation: dict[str, Any]) -> Event | None:
    """The event; None for a code that asciicast does not know, which players skip."""
    match code:
        case "o":
            stream: Stream = "stderr" if annotation.get("stream") == "stderr" else "stdout"
            return Output(_bytes(data, annotation), stream, annotation.get("notice") is True)
        case "i":
            is_masked = annotation.get("masked") is True
            return Masked() if is_masked else Input(_bytes(data, annotation))
        case "r":
            cols, _, rows = data.partition("x")
            return Resize(int(cols), int(rows))
        case "x":
            signal = annotation.get("signal")
            return Exit(None, signal) if isinstance(signal, str) else Exit(int(data))
        case "m":
            return _marked(data, annotation)
        case _:
            return None


def _marked(data: str, annotation: dict[str, Any]) -> Event:
    if "judged" in annotation:
        return Judged(**_texts(annotation["judged"]))
    if "outcome" in annotation:
        return Outcome(**_texts(annotation["outcome"]))
    if "file" in annotation:
        return FileAsked(**_plain(FileAsked, annotation["file"]))
    if "file_done" in annotation:
        return FileDone(**_plain(FileDone, annotation["file_done"]))
    if "carried" in annotation:
        return Carried(**_plain(Carried, annotation["carried"]))
    return Marker(data)


def _texts(fields: dict[str, Any]) -> dict[str, str]:
    """*fields*, all of which are texts; raises TypeError where one is not."""
    if not all(isinstance(value, str) for value in dict(fields).values()):
        raise TypeError("an annotation's field is no text")
    return fields


def _plain(event: type[FileAsked | FileDone | Carried], fields: dict[str, Any]) -> dict[str, Any]:
    """*fields*, each text or number as *event* has it; raises TypeError where one is not."""
    kinds = {name: field.type for name, field in event.__dataclass_fields__.items()}
    if any(kinds.get(name) is not type(value) for name, value in dict(fields).items()):
        raise TypeError("an annotation's field is of another kind")
    return fields


def _raw(data: bytes) -> dict[str, Any]:
    return {"raw": base64.b64encode(data).decode()}


def _bytes(data: str, annotation: dict[str, Any]) -> bytes:
    raw = annotation.get("raw")
    return base64.b64decode(raw, validate=True) if isinstance(raw, str) else data.encode()


def _exit(event: Exit) -> tuple[str, dict[str, Any]]:
    if event.status is None:
        return str(_SIGNAL_STATUS), {"signal": event.signal}
    return str(event.status), {}


def _marker(
    event: Marker | Judged | Outcome | FileAsked | FileDone | Carried,
) -> tuple[str, dict[str, Any]]:
    match event:
        case Carried():
            return event.text, {"carried": asdict(event)}
        case Judged(_, text, verdict, rule):
            named = f"{verdict} by {rule}" if rule else verdict
            return f"{named}: {text}", {"judged": asdict(event)}
        case Outcome(_, outcome, by):
            return f"{outcome} by {by}" if by else outcome, {"outcome": asdict(event)}
        case FileAsked():
            return event.text, {"file": asdict(event)}
        case FileDone():
            return event.text, {"file_done": asdict(event)}
        case Marker(label):
            return label, {}


def _utf8() -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder("utf-8")("replace")


def _shown(text: str) -> str:
    """*text* for players, which read no lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def _line(tree: Any) -> bytes:
    try:
        return orjson.dumps(tree, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        # A lone surrogate has no UTF-8; as `\udc80` in a JSON string it is read back as it was.
        text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace") + b"\n"
