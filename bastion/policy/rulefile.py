"""Reads rule files: TOML with an array of tables, each table one rule.

What always holds: an error names the file, the line of the rule's header and the rule's id; an
unknown key or table is an error. What it does not do: know what the rules mean; their models do.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import tomli
from pydantic import BaseModel, ValidationError

from bastion.config import explain
from bastion.errors import RulesError, unusable

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Located(Generic[M]):
    """A rule with the place it was read from.

    Attributes:
        line: of the rule's header, from 1.
    """

    value: M
    path: Path
    line: int


class RuleFile:
    """One rule file, read and parsed; raises RulesError, also for a table not in *tables*."""

    def __init__(self, path: Path, tables: Collection[str]) -> None:
        self.path, self._text = path, _read(path)
        self._tree = _parse(path, self._text)
        unknown = sorted(self._tree.keys() - set(tables))
        if unknown:
            line = _line_of(self._text, unknown[0])
            raise RulesError(path, line, "", f"unknown table {unknown[0]!r}")

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The `[[table]]` entries as they are written; raises RulesError."""
        entries = self._tree.get(table, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            line = _line_of(self._text, table)
            raise RulesError(self.path, line, "", f"write each one as [[{table}]]")
        return entries

    def tables(self, table: str, model: type[M]) -> list[Located[M]]:
        """The `[[table]]` entries; raises RulesError."""
        entries = self.rows(table)
        lines = _headers(self._text, table)
        return [
            Located(_validated(self.path, line, entry, model), self.path, line)
            for entry, line in zip(entries, lines or [0] * len(entries), strict=False)
        ]


def load_tables(path: Path, table: str, model: type[M], *others: str) -> list[Located[M]]:
    """The `[[table]]` entries of the file at *path*; tables named in *others* are left alone.

    Raises RulesError.
    """
    return RuleFile(path, {table, *others}).tables(table, model)


def refuse_duplicates(rules: Sequence[Located[Any]], name: str = "id") -> None:
    """Raise RulesError where two rules have the same *name*."""
    seen: dict[str, Located[Any]] = {}
    for rule in rules:
        value = str(getattr(rule.value, name))
        if first := seen.get(value):
            problem = f"the {name} is taken already, in {first.path.name}:{first.line}"
            raise RulesError(rule.path, rule.line, value, problem)
        seen[value] = rule


def overridden(
    shipped: Sequence[Located[M]], own: Sequence[Located[M]], name: str = "id"
) -> list[Located[M]]:
    """*shipped*, each with the one of *own* of the same *name* in its place; then the others."""
    by_name = {getattr(entry.value, name): entry for entry in own}
    found = [by_name.pop(getattr(entry.value, name), entry) for entry in shipped]
    return [*found, *by_name.values()]


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise RulesError(path, 0, "", unusable(error)) from error
    except UnicodeDecodeError as error:
        raise RulesError(path, 0, "", "is not UTF-8") from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise RulesError(path, error.lineno, "", str(error)) from error


def _validated(path: Path, line: int, entry: dict[str, Any], model: type[M]) -> M:
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        raise RulesError(path, line, _name(entry), explain(error)) from error


def _name(entry: dict[str, Any]) -> str:
    """What people call it by: its id, its name, the first of its names."""
    names = entry.get("names")
    first = names[0] if isinstance(names, list) and names else ""
    return str(entry.get("id") or entry.get("name") or first)


def _headers(text: str, table: str) -> list[int]:
    """The lines with the header `[[table]]`."""
    header = re.compile(rf"\s*\[\[\s*{re.escape(table)}\s*\]\]")
    return [number for number, line in enumerate(text.split("\n"), 1) if header.match(line)]


def _line_of(text: str, key: str) -> int:
    """The first line that begins with *key*, as a key or in brackets."""
    start = re.compile(rf"\s*\[*\s*{re.escape(key)}\b")
    return next((n for n, line in enumerate(text.split("\n"), 1) if start.match(line)), 0)
