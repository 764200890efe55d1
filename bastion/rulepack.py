"""Where the rules that come with the product stand: beside the sources, or where pip put them.

What always holds: nothing here is read; whoever needs the rules copies or names the folder. What it
does not do: choose an operator's own rules; the configuration does.
"""

import sysconfig
from pathlib import Path


def shipped_rules() -> Path:
    """The folder with access.toml and commands/ as released."""
    beside_the_sources = Path(__file__).parent.parent / "rules"
    if (beside_the_sources / "commands").is_dir():
        return beside_the_sources
    return Path(sysconfig.get_path("data"), "share", "bastion", "rules")
