"""Addresses as they are counted and compared.

What always holds: an IPv4 address is one thing, however it came; of IPv6 a /64 counts as one, for
whoever has one address there has all of them. What it does not do: look anything up.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_V6_BITS = 64


def read(text: str) -> IPv4Address | IPv6Address | None:
    """The address in *text*, IPv4 also where it came to an IPv6 socket; None where it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def plain(text: str) -> str:
    """The address in *text* so that networks can be compared; *text* itself where it is none."""
    address = read(text)
    return text if address is None else str(address)


def source(text: str) -> str:
    """What counts as one: an IPv4 address, a /64 of IPv6, all that is no address."""
    address = read(text)
    if address is None:
        return "an unknown address"
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((int(address), _V6_BITS), strict=False))
