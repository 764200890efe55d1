"""docs/attacks.md names tests that exist, and causes that they look at."""

import ast
import re
from pathlib import Path

import pytest

from bastion.audit.entry import AuditCode

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| \d+ \| (.+) \| `([a-z-]+)` \| (.+) \| `([\w/.]+)::(\w+)(?:\[(.+)\])?` \|$")
LINES = [
    line
    for line in (ROOT / "docs" / "attacks.md").read_text().splitlines()
    if re.match(r"\| \d", line)
]


def functions(path: Path) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, kinds)}


def test_there_are_enough():
    """At least forty, each told once."""
    assert len(LINES) >= 40
    told = [row.group(1) for line in LINES if (row := ROW.match(line))]
    assert len(set(told)) == len(LINES)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split(" | ")[0].strip("| "))
def test_each_attack_has_its_test(line):
    """The function exists, the case is one of its cases, the audit code is a code."""
    row = ROW.match(line)
    assert row, line
    _, code, _, file, function, case = row.groups()
    assert code in set(AuditCode)
    assert function in functions(ROOT / file)
    assert case is None or f'"{case}"' in (ROOT / file).read_text()
