"""`[limits]`: how much one address, one person and one connection may take of the bastion."""

from bastion.config.section import Count, Seconds, Section


class Limits(Section):
    """`[limits]`: what strangers and engineers may take of the engineers' side (docs/limits.md)."""

    login_seconds: Seconds = 60
    """How long a connection may take to authenticate."""
    max_auth_tries: Count = 6
    """Failed authentication requests a connection may make."""
    max_preauth_bytes: Count = 256 * 1024
    """Bytes that a connection may send before it has authenticated."""
    max_half_open: Count = 128
    """Connections that may be unauthenticated at once; the greediest address loses its oldest."""
    max_half_open_by_address: Count = 64
    """Of those, how many may come from one address (one /64 of IPv6); it loses its oldest."""
    connections_per_minute: Count = 600
    """Connections that one address may begin in a minute, and at once."""
    failed_logins_per_minute: Count = 60
    """Connections of one address that may try to authenticate in vain, in a minute and at once;
    over it, the address is turned away until the minute makes room."""
    logins_per_minute: Count = 240
    """Logins that one person may make in a minute, over all processes of the bastion."""
    max_connections: Count = 100
    """Connections that one person may have open at once, on each process of the bastion."""
    max_channels: Count = 32
    """Channels that a connection may have open at once."""
