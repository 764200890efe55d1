"""The rules for files on the command line: their examples tried, their list.

What always holds: the whole file judges each example, as a session would. What it does not do:
print; `bastion.cli.rules` does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bastion.policy import file_rules
from bastion.policy.file_rules import FileExample, FileRule
from bastion.policy.rulefile import Located
from bastion.verdict import Judgement


@dataclass(frozen=True)
class FileTrial:
    """An example of a rule for files, tried."""

    rule: Located[FileRule]
    example: FileExample
    judgement: Judgement

    @property
    def text(self) -> str:
        """What is done in it."""
        return self.example.deed.text

    @property
    def is_right(self) -> bool:
        """Whether the file gives the verdict that the example promises."""
        return self.judgement.verdict is self.example.verdict


def file_trials(folder: Path) -> Iterator[FileTrial]:
    """Every example of the rules for files in *folder*; raises RulesError."""
    loaded = file_rules.load(folder)
    for rule in loaded.rules:
        for example in rule.value.examples:
            yield FileTrial(rule, example, loaded.judge([example.deed]))


def file_rules_json(folder: Path) -> list[dict[str, Any]]:
    """The rules for files in *folder*, for scripts; raises RulesError."""
    return [
        {
            "id": located.value.id,
            "verdict": str(located.value.verdict),
            "message": located.value.message,
            "mitre": "",
            "approvers": sorted(located.value.approvers),
            "file": str(located.path),
            "line": located.line,
        }
        for located in file_rules.load(folder).rules
    ]
