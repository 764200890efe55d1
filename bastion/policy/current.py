"""The rules in force: inventory, access and command rules, loaded together and swapped whole.

What always holds: whoever reads `Current.rules` sees one consistent set; a file that cannot be used
leaves the old set in force; so do files that change while they are read. What it does not do: ask
by itself whether files have changed, or tell anybody; `bastion.serve.rules` does both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bastion.config import Config
from bastion.errors import RulesError
from bastion.policy import access, command_rules, file_rules, inventory, knowledge_files
from bastion.policy.access import AccessRules
from bastion.policy.command_rules import CommandRules
from bastion.policy.file_rules import NO_RULES, FileRules
from bastion.policy.inventory import Inventory
from bastion.verdict import Profile

_TRIES = 3

Version = frozenset[tuple[str, int, int, int, int]]
"""What tells one state of the files from another: of each its name, times, size and inode."""


@dataclass(frozen=True)
class Rules:
    """One consistent set of rules."""

    inventory: Inventory
    access: AccessRules
    commands: CommandRules
    files: FileRules = NO_RULES


def load(config: Config) -> Rules:
    """The rules in the files that *config* names; raises RulesError."""
    return Rules(
        inventory=inventory.load(config.hosts_file),
        access=access.load(
            config.rules_dir / "access.toml",
            config.approval.approvers,
            Profile(config.commands.profile),
        ),
        commands=command_rules.load(config.rules_dir / "commands"),
        files=file_rules.load(config.rules_dir),
    )


class Current:
    """Holds the rules in force.

    Raises RulesError where the first set cannot be loaded.

    Attributes:
        rules: in force.
        version: of the files as they were when they were last read, whether they could be used.
        problem: why the files cannot be used; empty where they are in force.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._settling: Version | None = None
        self.version: Version = frozenset()
        self.problem = ""
        self.rules = self._read()

    def reload(self) -> None:
        """Load the files again and swap; raises RulesError, and then nothing has changed."""
        try:
            self.rules = self._read()
        except RulesError as error:
            self.problem = str(error)
            raise
        self.problem = ""

    def has_changed(self) -> bool:
        """Whether the files have changed since they were read, and stayed so since the last asking.

        Who writes several files, or a long one in place, is given the time between two askings.
        """
        version = _version(self._config)
        is_settled = version == self._settling
        self._settling = version
        return is_settled and version != self.version

    def _read(self) -> Rules:
        for _ in range(_TRIES):
            self.version = _version(self._config)
            try:
                rules = load(self._config)
            except RulesError:
                if self._is_as_read():
                    raise
            else:
                if self._is_as_read():
                    return rules
        raise RulesError(self._config.rules_dir, 0, "", "changes while it is read")

    def _is_as_read(self) -> bool:
        return _version(self._config) == self.version


def _version(config: Config) -> Version:
    return frozenset(_stamp(path) for path in _files(config))


def _files(config: Config) -> Iterator[Path]:
    yield from inventory.files(config.hosts_file)
    yield config.rules_dir / "access.toml"
    yield config.rules_dir / file_rules.FILE
    yield from (config.rules_dir / "commands").glob("*.toml")
    yield from (config.rules_dir / command_rules.OWN).glob("*.toml")
    yield from (config.rules_dir / knowledge_files.FOLDER).glob("*.toml")


def _stamp(path: Path) -> tuple[str, int, int, int, int]:
    try:
        found = path.stat()
    except OSError:  # a file that is missing is a state as well; reading it says what is wrong
        return (str(path), 0, 0, 0, 0)
    return (str(path), found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
