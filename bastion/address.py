"""Addresses as they are counted and compared.

What always holds: an IPv4 address is one thing, however it came; of IPv6 a /64 counts as one, for
whoever has one address there has all of them. What it does not do: look anything up.
"""

from ipaddress import IPv6Address, ip_address, ip_network

_V6_BITS = 64


def plain(address: str) -> str:
    """An IPv4 address also where it came to an IPv6 socket, so that networks can be compared."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)


def source(address: str) -> str:
    """What counts as one: an IPv4 address, a /64 of IPv6, all that is no address."""
    try:
        found = ip_address(plain(address))
    except ValueError:
        return "an unknown address"
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(ip_network((int(found), _V6_BITS), strict=False))
