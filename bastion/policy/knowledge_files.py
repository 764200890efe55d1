"""Reads what programs do from rules/knowledge/*.toml: the shipped tables, and the operator's own.

What always holds: the shipped tables are known everywhere; where the operator's tables name a
program, that is all that is known of it. A mistake names file and line. What it does not do: know
what the tables mean (`bastion.command.knowledge`).
"""

from collections.abc import Iterator
from pathlib import Path

from bastion.command.knowledge import Knowledge, Program
from bastion.errors import RulesError
from bastion.policy.rulefile import load_tables
from bastion.rulepack import shipped_rules

FOLDER = "knowledge"


def load(rules_dir: Path) -> Knowledge:
    """The shipped tables with those in *rules_dir*; raises RulesError."""
    shipped = shipped_rules() / FOLDER
    if not shipped.is_dir():
        raise RulesError(shipped, 0, "", "is missing: it says what programs do; install it again")
    own_folder = rules_dir / FOLDER
    is_shipped = own_folder.resolve() == shipped.resolve()
    own = [] if is_shipped else list(_tables(own_folder))
    told = {name for table in own for name in table.names}
    return Knowledge([*own, *_without(told, _tables(shipped))])


def _tables(folder: Path) -> Iterator[Program]:
    for path in sorted(folder.glob("*.toml")):
        for located in load_tables(path, "program", Program):
            yield located.value


def _without(told: set[str], tables: Iterator[Program]) -> Iterator[Program]:
    """*tables* without what they say of the programs in *told*."""
    for table in tables:
        names = tuple(name for name in table.names if name not in told)
        if names:
            yield table.model_copy(update={"names": names})
