"""One reader: bashlex, which is shown the skeleton of a text (`bastion.command.veil`).

What always holds: it gives what it saw, or None. What it does not do: bashlex may loop for ever or
forget commands, so it is only called in a process that can be killed, and never trusted alone.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any

import bashlex

from bastion.command import tokens
from bastion.command.scan import Piece
from bastion.command.seen import Seen
from bastion.command.tokens import FD_NAME


def seen(text: str, skeleton: str) -> list[Seen] | None:
    """The simple commands of *text*; None where bashlex cannot read its *skeleton*."""
    reader = _Reader(text)
    try:
        return [found for tree in bashlex.parse(skeleton) for found in reader.tree(tree)]
    except Exception:  # noqa: BLE001  bashlex fails in many ways; each means the same
        return None


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._pipelines = count(1)

    def tree(self, node: Any) -> Iterator[Seen]:
        return self._visit(node, next(self._pipelines), 0)

    def _visit(self, node: Any, pipeline: int, stage: int) -> Iterator[Seen]:
        if node.kind == "command":
            if not self._text.startswith(("[[", "(("), node.pos[0]):  # what runs in it is hidden
                raws = _with_fd_names([self._raw(part) for part in node.parts])
                yield self._seen(raws, node.pos, pipeline, stage)
        elif node.kind == "pipeline":
            number = next(self._pipelines)
            stages = [part for part in node.parts if part.kind not in ("pipe", "reservedword")]
            for place, part in enumerate(stages):
                yield from self._visit(part, number, place)
        elif node.kind not in ("word", "operator", "reservedword", "pipe", "redirect"):
            for part in [*getattr(node, "parts", ()), *getattr(node, "list", ())]:
                yield from self._visit(part, pipeline, stage)
            if redirects := getattr(node, "redirects", ()):
                raws = [self._raw(redirect) for redirect in redirects]
                yield self._seen(raws, node.pos, pipeline, stage)

    def _seen(self, raws: list[Piece], pos: tuple[int, int], pipeline: int, stage: int) -> Seen:
        apart = tuple(word for raw in raws for word in _apart(raw))
        return Seen(apart, Piece(self._text[pos[0] : pos[1]], pos[0]), pipeline, stage)

    def _raw(self, node: Any) -> Piece:
        start, end = node.pos
        return Piece(self._text[start:end], start)


def _with_fd_names(raws: list[Piece]) -> list[Piece]:
    """*raws* where `{name}` before `>file`, which bashlex takes for a word, belongs to that."""
    found: list[Piece] = []
    for raw in raws:
        before = found[-1] if found else None
        if (
            before
            and FD_NAME.fullmatch(before.text)
            and before.end == raw.start
            and raw.text[:1] in ("<", ">")
        ):
            found[-1] = Piece(before.text + raw.text, before.start)
        else:
            found.append(raw)
    return found


def _apart(raw: Piece) -> list[Piece]:
    """A redirection as bashlex gives it (`> file`) is an operator and a word."""
    return tokens.words(raw) if raw.text[:1] in "<>&0123456789{" else [raw]
