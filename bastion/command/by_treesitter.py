"""One reader: tree-sitter with its grammar of bash, which reads the text itself.

It tells where commands stand and under which conditions; their words are cut by our own scan, since
tree-sitter drops words behind redirections and joins others.

What always holds: it gives what it saw, or None where the text has an error for it or where a part
of the text belongs to nothing that it saw. What it does not do: look into substitutions and
here-documents, which are read as texts of their own.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from bastion.command import tokens
from bastion.command.scan import Piece
from bastion.command.seen import Scope, Seen, Way

_PARSER = Parser(Language(tree_sitter_bash.language()))
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_STAND_IN = "%"  # for what is no ASCII: a character of words that is in no name
_COMMANDS = frozenset(
    {"command", "declaration_command", "unset_command", "variable_assignment"}
    | {"variable_assignments", "test_command"}
)
_GROUPS = frozenset({"program", "compound_statement", "do_group", "negated_command"})
_ENDING = frozenset({"list", "pipeline"})  # what stands behind them belongs to their last part
_TOKEN = re.compile(r"[^\s;&|(){}!]+")
_WORDS = frozenset(
    {"if", "then", "else", "elif", "fi", "do", "done", "while", "until", "esac", "function"}
    | {"for", "select", "case", "in", "time", "coproc"}
)
_NEWLINE = re.compile(r"(?<!\\)(?:\\\\)*\n")


@dataclass(frozen=True)
class Sight:
    """What is around a node: the end of what belongs to it, its pipeline, its scopes."""

    end: int
    pipeline: int
    stage: int
    scopes: tuple[Scope, ...]

    def inside(self, way: Way, node: Node, text: str = "") -> "Sight":
        """The same in a part of the text of its own."""
        scope = Scope(way, node.start_byte, text)
        return Sight(self.end, self.pipeline, self.stage, (*self.scopes, scope))

    def until(self, end: int) -> "Sight":
        """The same with another end."""
        return Sight(end, self.pipeline, self.stage, self.scopes)


def seen(text: str, skeleton: str) -> list[Seen] | None:
    """The simple commands of *text*, and what decides about them; None where it cannot be read.

    Where the text is too much for the grammar its skeleton may not be.
    """
    root = None if "coproc" in text else _root(text)  # it takes that for a program
    if root is None and (root := _root(skeleton)) is None:
        return None
    reader = _Reader(text, skeleton)
    found = list(reader.tree(root))
    return found if reader.has_seen_all() else None


def accepts(text: str) -> bool:
    """Whether *text* is grammatical to tree-sitter."""
    return _root(text) is not None


def _root(text: str) -> Node | None:
    """The tree of *text*; None where there is an error in it."""
    plain = text if text.isascii() else _FOREIGN.sub(_STAND_IN, text)
    root = _PARSER.parse(plain.encode("ascii")).root_node
    return None if root.has_error else root


class _Reader:
    def __init__(self, text: str, skeleton: str) -> None:
        self._text, self._skeleton = text, skeleton
        self._pipelines = count(1)
        self._is_covered = bytearray(len(text))
        self._is_glued = False
        self._visits = {
            "list": self._list,
            "pipeline": self._pipeline,
            "subshell": self._subshell,
            "if_statement": self._if,
            "elif_clause": self._if,
            "else_clause": self._else,
            "while_statement": self._while,
            "for_statement": self._for,
            "c_style_for_statement": self._for,
            "case_statement": self._case,
            "function_definition": self._function,
        }

    def tree(self, root: Node) -> Iterator[Seen]:
        return self._visit(root, Sight(0, 0, 0, ()))

    def has_seen_all(self) -> bool:
        """Whether every word of the text belongs to something."""
        return not self._is_glued and all(
            self._is_covered[match.start()] or match[0] in _WORDS
            for match in _TOKEN.finditer(self._skeleton)
        )

    def _visit(self, node: Node, sight: Sight) -> Iterator[Seen]:
        kind = node.type
        if kind in _COMMANDS or self._is_arithmetic(node):
            yield from self._command(node, sight)
        elif kind == "redirected_statement":
            yield from self._with_redirections(node, sight)
        elif kind in _GROUPS:
            yield from self._sequence(node.children, sight)
            yield from self._redirected(node, sight)
        elif visit := self._visits.get(kind):
            yield from visit(node, sight)
            if kind not in _ENDING:
                yield from self._redirected(node, sight)

    def _is_arithmetic(self, node: Node) -> bool:
        return node.type == "compound_statement" and self._text.startswith("((", node.start_byte)

    def _command(self, node: Node, sight: Sight) -> Iterator[Seen]:
        if self._text.startswith(("[[", "(("), node.start_byte):
            self._cover(node.start_byte, node.end_byte)  # a test, where the skeleton has a word
            yield from self._redirected(node, sight)
            return
        start, end = node.start_byte, max(node.end_byte, sight.end)
        raws = self._words(start, end)
        if raws:
            yield Seen(
                tuple(raws),
                Piece(self._text[start:end], start),
                sight.pipeline,
                sight.stage,
                sight.scopes,
            )

    def _words(self, start: int, end: int) -> list[Piece]:
        """The words of a part of the text, cut by its skeleton."""
        shown = self._skeleton[start:end]
        self._is_glued = self._is_glued or bool(_NEWLINE.search(shown.strip("\n \t")))
        self._cover(start, end)
        cut = tokens.words(Piece(shown, start))
        return [Piece(self._text[one.start : one.end], one.start) for one in cut]

    def _cover(self, start: int, end: int) -> None:
        self._is_covered[start:end] = b"\1" * (end - start)

    def _with_redirections(self, node: Node, sight: Sight) -> Iterator[Seen]:
        body = node.child_by_field_name("body")
        inner = sight.until(max(node.end_byte, sight.end))
        if body is None or body.start_byte > node.start_byte:
            yield from self._command(node, inner)
        else:
            yield from self._visit(body, inner)

    def _redirected(self, node: Node, sight: Sight) -> Iterator[Seen]:
        """The redirections behind a group."""
        start, end = node.end_byte, sight.end
        if end > start and (raws := self._words(start, end)):
            whole = Piece(self._text[node.start_byte : end], node.start_byte)
            yield Seen(tuple(raws), whole, sight.pipeline, sight.stage, sight.scopes)

    def _sequence(self, children: Sequence[Node], sight: Sight) -> Iterator[Seen]:
        """Commands one after the other; one that `&` follows runs in a shell of its own."""
        sight = sight.until(0)
        for child, following in zip(children, [*children[1:], None], strict=True):
            if child.is_named:
                is_beside = following is not None and following.type == "&"
                yield from self._visit(
                    child, sight.inside(Way.BESIDE, child) if is_beside else sight
                )

    def _list(self, node: Node, sight: Sight) -> Iterator[Seen]:
        """`a && b || c`: what stands behind `&&` runs where what stands before succeeded."""
        parts, operators = _flat(node)
        inner, before = sight, ""
        for at, part in enumerate(parts):
            operator = operators[at - 1] if at else ""
            if at:
                is_joined = operator == "&&" and before != "||"
                inner = (inner if is_joined else sight).inside(Way.BRANCH, part)
            yield from self._visit(part, inner.until(sight.end if at == len(parts) - 1 else 0))
            before = operator

    def _pipeline(self, node: Node, sight: Sight) -> Iterator[Seen]:
        number = next(self._pipelines)
        for place, (child, end) in enumerate(self._stages(node, sight.end)):
            scope = Scope(Way.STAGE, child.start_byte)
            yield from self._visit(child, Sight(end, number, place, (*sight.scopes, scope)))

    def _stages(self, node: Node, end: int) -> Iterator[tuple[Node, int]]:
        """The stages of a pipeline, each with the end of what belongs to it.

        Before another `|` the grammar takes `a | b 2>&1` for one stage, and `a && b 2>&1` as well:
        there it is not to be believed.
        """
        children = [child for child in node.children if child.is_named]
        for child in children:
            behind = end if child is children[-1] else 0
            inner, stop = child, behind
            while inner.type == "redirected_statement":
                stop = max(inner.end_byte, stop)
                body = inner.child_by_field_name("body")
                if body is None:
                    break
                inner = body
            self._is_glued = self._is_glued or inner.type == "list"
            if inner.type == "pipeline":
                yield from self._stages(inner, stop)
            else:
                yield child, behind

    def _subshell(self, node: Node, sight: Sight) -> Iterator[Seen]:
        yield from self._sequence(node.children, sight.inside(Way.SUBSHELL, node))

    def _if(self, node: Node, sight: Sight) -> Iterator[Seen]:
        """The condition, then branches."""
        then = next((at for at, c in enumerate(node.children) if c.type == "then"), 0)
        is_elif = node.type == "elif_clause"
        whole = sight.inside(Way.BRANCH, node) if is_elif else sight
        yield from self._sequence(node.children[:then], whole)
        branches = node.children[then:]
        own = [child for child in branches if child.type not in ("elif_clause", "else_clause")]
        yield from self._sequence(own, whole.inside(Way.BRANCH, branches[0]) if own else whole)
        for child in branches:
            if child.type in ("elif_clause", "else_clause"):
                yield from self._visit(child, whole.until(0))

    def _else(self, node: Node, sight: Sight) -> Iterator[Seen]:
        yield from self._sequence(node.children, sight.inside(Way.BRANCH, node))

    def _while(self, node: Node, sight: Sight) -> Iterator[Seen]:
        yield from self._sequence(node.children, self._in_loop(node, sight))

    def _in_loop(self, node: Node, sight: Sight) -> Sight:
        return sight.inside(Way.LOOP, node, self._text[node.start_byte : node.end_byte])

    def _for(self, node: Node, sight: Sight) -> Iterator[Seen]:
        body = node.child_by_field_name("body")
        start = body.start_byte if body else node.end_byte
        variable = node.child_by_field_name("variable")
        inner = self._in_loop(node, sight)
        self._cover(node.start_byte, start)
        if variable is not None:
            values = node.children_by_field_name("value")
            yield Seen(
                tuple(self._words(values[0].start_byte, values[-1].end_byte)) if values else (),
                Piece(self._text[node.start_byte : start], node.start_byte),
                scopes=inner.scopes,
                variable=self._text[variable.start_byte : variable.end_byte],
            )
        if body:
            yield from self._visit(body, inner.until(0))

    def _case(self, node: Node, sight: Sight) -> Iterator[Seen]:
        value = node.child_by_field_name("value")
        if value:
            self._cover(value.start_byte, value.end_byte)
        for item in node.children:
            if item.type == "case_item":
                closing = next((c for c in item.children if c.type == ")"), item)
                self._cover(item.start_byte, closing.end_byte)
                body = [c for c in item.children if c.start_byte >= closing.end_byte]
                yield from self._sequence(body, sight.inside(Way.BRANCH, item))

    def _function(self, node: Node, sight: Sight) -> Iterator[Seen]:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return
        self._cover(name.start_byte, name.end_byte)
        yield Seen(
            (),
            Piece(self._text[body.start_byte : body.end_byte], body.start_byte),
            scopes=sight.scopes,
            function=self._text[name.start_byte : name.end_byte],
        )
        end = max(node.end_byte, sight.end)
        inner = sight.inside(Way.FUNCTION, node).until(end if end > body.end_byte else 0)
        yield from self._visit(body, inner)


def _flat(node: Node) -> tuple[list[Node], list[str]]:
    """The parts of a list with the operators between them."""
    parts: list[Node] = []
    operators: list[str] = []
    while node.type == "list":
        left, right = (child for child in node.children if child.is_named)
        operators.append(next(c.type for c in node.children if not c.is_named))
        parts.append(right)
        node = left
    return [node, *reversed(parts)], list(reversed(operators))
