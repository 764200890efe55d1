"""Finds the rules that may concern somebody and a host, or a program, without trying every rule.

Rules are numbered in the order of the file, and a set of rules is one integer, a bit for each: who
asks has one, the host's name has one, and what both have in common has to be looked at.

What always holds: no rule is left out that would apply; a name costs the same whether a host has it
or not. What it does not do: decide; of a rule that is found every key is still looked at.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import translate
from typing import Generic, TypeVar

from bastion.policy.asker import Asker
from bastion.policy.grant import Deny, Grant, Require
from bastion.target import Target

R = TypeVar("R", Grant, Deny, Require)
_GLOB = re.compile(r"[*?\[]")
_MAX_NAME = 255  # no host has a longer one, and whoever asks chooses it


def numbers(bits: int) -> Iterator[int]:
    """The numbers of the rules in a set of them, in order."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


class RuleIndex(Generic[R]):
    """Rules of one kind."""

    def __init__(self, rules: Sequence[R]) -> None:
        self._rules: tuple[R, ...] = tuple(rules)
        self._groups: dict[str, int] = {}
        self._subjects: dict[str, int] = {}
        self._anybody = 0
        self._targets = NameIndex()
        for number, rule in enumerate(rules):
            self._enter(rule, 1 << number)

    def concerning(self, asker: Asker, target: Target) -> list[R]:
        """The rules that may be for *asker* and *target*, in order."""
        who = self._anybody | self._subjects.get(asker.subject, 0)
        for group in asker.groups:
            who |= self._groups.get(group, 0)
        if not who:  # says nothing of the host: it is known before its name is looked at
            return []
        if len(target.name) > _MAX_NAME:
            return []
        found = who & self._targets.holding(target.name)
        return [self._rules[number] for number in numbers(found)]

    def _enter(self, rule: R, bit: int) -> None:
        for group in rule.groups:
            self._groups[group] = self._groups.get(group, 0) | bit
        for subject in () if rule.groups else rule.subjects:
            self._subjects[subject] = self._subjects.get(subject, 0) | bit
        if not rule.groups and not rule.subjects:
            self._anybody |= bit
        for pattern in rule.targets:
            self._targets.enter(pattern, bit)


class NameIndex:
    """Patterns of names with their rules: plain names and beginnings by look-up, others in turn."""

    def __init__(self) -> None:
        self._plain: dict[str, int] = {}
        self._beginnings: dict[str, int] = {}
        self._lengths: set[int] = set()
        self._globs: dict[str, tuple[Callable[[str], object], int]] = {}

    def enter(self, pattern: str, bit: int) -> None:
        """Let *pattern* find the rule of *bit*."""
        if not _GLOB.search(pattern):
            self._plain[pattern] = self._plain.get(pattern, 0) | bit
        elif pattern.endswith("*") and not _GLOB.search(pattern[:-1]):
            beginning = pattern[:-1]
            self._beginnings[beginning] = self._beginnings.get(beginning, 0) | bit
            self._lengths |= {len(beginning)}
        else:
            matches, bits = self._globs.get(pattern) or (re.compile(translate(pattern)).match, 0)
            self._globs[pattern] = (matches, bits | bit)

    def holding(self, name: str) -> int:
        """The rules one of whose patterns *name* matches."""
        found = self._plain.get(name, 0)
        for length in self._lengths:  # of a name that is shorter, the whole is looked up
            found |= self._beginnings.get(name[:length], 0)
        for matches, bits in self._globs.values():
            if matches(name):
                found |= bits
        return found
