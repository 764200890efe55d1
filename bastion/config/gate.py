"""`[gate]`: how lines that are typed into shells are known before they run.

What always holds: without anything here every line is judged all the same. What it does not do: say
what becomes of a line; rules do.
"""

from bastion.config.section import Section


class Gate(Section):
    """`[gate]`: what stands before interactive shells; docs/gate.md."""

    integration: bool = True
    """Whether people's shells (bash, zsh, fish) are opened so that they ask before they run a line.
    Off, or where a host cannot (`integration = false` in hosts.toml), what the screen shows is
    judged, which sees less."""
