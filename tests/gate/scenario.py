"""What is tried against the gate: the data of scenarios.toml, made ready for one run."""

import base64
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_name("scenarios.toml")
QUIET_SECONDS = 0.25


@dataclass(frozen=True)
class Scenario:
    """One way to make `danger ID` run.

    Attributes:
        keys: what is written to the terminal, step by step; a pair is a new size.
        history: a line that the shell remembers from before.
        file: the text of WORK/ID.sh.
        size: columns and rows of the terminal.
        quiet: how long the screen stands still before the next step (seconds).
        is_harmless: `danger` does not run at all, and the line has to.
    """

    name: str
    group: str
    keys: tuple[str | tuple[int, int], ...]
    history: str = ""
    file: str = ""
    size: tuple[int, int] = (80, 24)
    quiet: float = QUIET_SECONDS
    is_harmless: bool = False


@dataclass(frozen=True)
class Names:
    """What the words in capitals of a scenario mean in one run."""

    run: str
    bin: Path
    work: Path
    login: str

    def in_(self, text: str) -> str:
        """*text* with the names in place."""
        command = base64.b64encode(f"danger {self.run}".encode()).decode()
        values = {"WORK": self.work, "BIN": self.bin, "B64": command, "LOGIN": self.login}
        for name, value in values.items():
            text = text.replace(name, str(value))
        return text.replace("ID", self.run)


def scenarios() -> list[Scenario]:
    """All of them, in the order of the page."""
    return [_scenario(table) for table in tomllib.loads(_DATA.read_text())["scenario"]]


def _scenario(table: dict[str, Any]) -> Scenario:
    keys = tuple(tuple(key["size"]) if isinstance(key, dict) else key for key in table.pop("keys"))
    size = tuple(table.pop("size", (80, 24)))
    return Scenario(keys=keys, size=size, is_harmless=table.pop("harmless", False), **table)
