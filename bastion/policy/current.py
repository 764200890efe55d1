"""The rules in force: inventory, access and command rules, loaded together and swapped whole.

What always holds: whoever reads `Current.rules` sees one consistent set; a file that cannot be used
leaves the old set in force. What it does not do: watch files; the server reloads on SIGHUP.
"""

from dataclasses import dataclass

from bastion.config import Config
from bastion.policy import access, command_rules, inventory
from bastion.policy.access import AccessRules
from bastion.policy.command_rules import CommandRules
from bastion.policy.inventory import Inventory


@dataclass(frozen=True)
class Rules:
    """One consistent set of rules."""

    inventory: Inventory
    access: AccessRules
    commands: CommandRules


def load(config: Config) -> Rules:
    """The rules in the files that *config* names; raises RulesError."""
    return Rules(
        inventory=inventory.load(config.hosts_file),
        access=access.load(config.rules_dir / "access.toml"),
        commands=command_rules.load(config.rules_dir / "commands"),
    )


class Current:
    """Holds the rules in force.

    Raises RulesError where the first set cannot be loaded.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self.rules = load(config)

    def reload(self) -> None:
        """Load the files again and swap; raises RulesError, and then nothing has changed."""
        self.rules = load(self._config)
