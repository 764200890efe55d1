"""`[forwarding]`: what is kept of forwarded connections."""

from bastion.config.section import Count, Section


class Forwarding(Section):
    """`[forwarding]`: connections that pass through hosts (`ssh -L`, `-D`, `-W`, `-R`)."""

    capture: bool = False
    """Whether their bytes are kept in the record, both ways; that they were open, and how much
    they carried, is always kept."""
    max_listeners: Count = 16
    """Places (`ssh -R`) at which hosts may listen for one connection at once."""
