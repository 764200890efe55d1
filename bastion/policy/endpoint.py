"""What a forwarded connection names: a host and port, or a Unix socket, each in one spelling.

What a name means on the host cannot be known here, so a name or address is judged as the client
gives it, in its one plain spelling, and the host is asked for exactly what was judged.

What always holds: an address that could be read in two ways (`0x7f.1`, `2130706433`) is refused, so
is a path with `..` or `//`. What it does not do: say who may be connected to what.
"""

import re
import socket
from dataclasses import dataclass
from ipaddress import ip_network
from posixpath import normpath
from typing import Any

from bastion.address import plain, read
from bastion.authorization import Forward
from bastion.printable import printable
from bastion.refusal import Code, Refusal

_MAX_PORT = 65535
_MAX_PATH = 107  # bytes of sun_path, without its end
_MAX_SHOWN = 128
_PLACE = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s\[\]:/]+)):(?P<port>\d{1,5}|\*)")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?")
_ANY_INTERFACE = "*"
_SOCKET = "unix:"
_METADATA = tuple(
    ip_network(network)
    for network in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::/32",
        "100.100.100.200/32",  # Alibaba Cloud
        "168.63.129.16/32",  # Azure
        "192.0.0.192/32",  # Oracle Cloud
    )
)
_METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data"})
_LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost"})


@dataclass(frozen=True)
class Endpoint:
    """A TCP port of a host, or a Unix socket, in its one spelling.

    Attributes:
        host: name or address; `*` for every interface, where it is listened on.
        port: TCP port; 0 lets the host choose, where it is listened on.
        path: of a Unix socket instead of both.
    """

    host: str
    port: int
    path: str = ""

    def __str__(self) -> str:
        """As a rule would write it."""
        if self.path:
            return _SOCKET + self.path
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_address(self) -> bool:
        """Whether it is an address, not a name."""
        return read(self.host) is not None

    @property
    def is_loopback(self) -> bool:
        """Whether it is, seen from a host, that host itself."""
        address = read(self.host)
        if address is None:
            return self.host in _LOOPBACK_NAMES or self.host.endswith(".localhost")
        return address.is_loopback or address.is_unspecified

    @property
    def is_metadata(self) -> bool:
        """Whether clouds answer there with credentials."""
        address = read(self.host)
        if address is None:
            return self.host in _METADATA_NAMES
        return any(address in network for network in _METADATA)


def read_place(text: Any) -> Any:
    """What an entry of `forward` or `listen` means; raises ValueError."""
    if isinstance(text, Forward):
        return text
    if isinstance(text, str) and text.startswith(_SOCKET):
        path = text.removeprefix(_SOCKET)
        if not _is_plain_path(path):
            raise ValueError(f'{text!r} is no socket: use "unix:/run/docker.sock"')
        return Forward("", None, path)
    found = _PLACE.fullmatch(text) if isinstance(text, str) else None
    port = None if found is None or found["port"] == "*" else int(found["port"])
    if found is None or (port is not None and not 0 < port <= _MAX_PORT):
        raise ValueError(f'{text!r} is no host and port: use "127.0.0.1:8888" or "*.lan:*"')
    return Forward(spelled(found["v6"] or found["host"]), port)


def destination(host: str, port: int) -> Endpoint | Refusal:
    """Where a client wants to be connected to; a refusal for a spelling that could mislead."""
    name = spelled(host)
    if not 0 < port <= _MAX_PORT or not _is_unambiguous(name):
        return _unreadable(f"{host}:{port}")
    return Endpoint(name, port)


def interface(host: str, port: int) -> Endpoint | Refusal:
    """Where a client wants the host to listen."""
    name = spelled(host) if host else _ANY_INTERFACE
    is_readable = name == _ANY_INTERFACE or _is_unambiguous(name)
    if not 0 <= port <= _MAX_PORT or not is_readable:
        return _unreadable(f"{host}:{port}")
    return Endpoint(name, port)


def unix_socket(path: str) -> Endpoint | Refusal:
    """A Unix socket that a client names."""
    if not _is_plain_path(path) or len(path.encode()) > _MAX_PATH:
        return _unreadable(path)
    return Endpoint("", 0, path)


def spelled(host: str) -> str:
    """*host* in its one spelling: small letters, no dot at the end, addresses in short form."""
    return plain(host.lower().removesuffix("."))


def _is_unambiguous(host: str) -> bool:
    """Whether *host* can be read in one way only: no `0x7f.1`, no `2130706433`, no zone."""
    if read(host) is not None:
        return "%" not in host
    if not _HOST.fullmatch(host):
        return False
    try:
        socket.inet_aton(host)
    except OSError:
        return True
    return False


def _is_plain_path(path: str) -> bool:
    """Whether *path* is absolute and spelled in the one way: no `..`, no `//`."""
    is_text = path.startswith("/") and path.isprintable()
    return is_text and not path.startswith("//") and normpath(path) == path


def _unreadable(text: str) -> Refusal:
    detail = f"{printable(text, _MAX_SHOWN)} is no plain name, address or path"
    return Refusal(Code.FORWARD_REFUSED, detail)
