"""Asks a host which host keys it presents, before anybody trusts it.

What always holds: nothing is sent to the host beyond the key exchange, and nothing is trusted: what
comes back is what *somebody* at that address presented. What it does not do: decide, or write.
"""

import asyncio
from dataclasses import dataclass

import asyncssh

from bastion.errors import UpstreamError, reason
from bastion.guards.algorithms import KEX
from bastion.printable import printable
from bastion.refusal import Code
from bastion.target import Family
from bastion.upstream.connection import FAMILIES, code_of
from bastion.upstream.hostkeys import KINDS


@dataclass(frozen=True)
class Presented:
    """One host key.

    Attributes:
        kind: as in `ssh-ed25519`.
        fingerprint: `SHA256:…`, as ssh-keygen -l shows it.
        line: the public key, as hosts.toml takes it.
    """

    kind: str
    fingerprint: str
    line: str


async def scan(address: str, port: int, family: Family, seconds: float) -> list[Presented]:
    """The host keys that are presented at *address*, best kind first; raises UpstreamError."""
    where = f"{printable(address)} port {port}"
    try:
        async with asyncio.timeout(seconds):
            answers = [await _answer(address, port, family, algs) for algs in KINDS.values()]
    except TimeoutError as error:
        raise UpstreamError(code_of(error), f"{where}: no answer in time") from error
    except OSError as error:
        raise UpstreamError(code_of(error), f"{where}: {printable(reason(error))}") from error
    found = [_presented(answer) for answer in answers if isinstance(answer, asyncssh.SSHKey)]
    if not found:
        why = printable(str(answers[0]))
        raise UpstreamError(
            Code.HOST_UNREACHABLE, f"{where}: no host key of {', '.join(KINDS)} ({why})"
        )
    return found


async def _answer(
    address: str, port: int, family: Family, algs: tuple[str, ...]
) -> asyncssh.SSHKey | Exception | None:
    """The host key that proves itself by one of *algs*; a server without one ends the connection.

    OpenSSH says nothing before it does so: "connection lost", or a reset where it had not read
    everything yet, is the answer of a host that has no such key as well as of one in trouble.
    """
    try:
        return await asyncssh.get_server_host_key(
            address,
            port,
            family=FAMILIES[family],
            server_host_key_algs=algs,
            kex_algs=KEX,
            config=None,
        )
    except (asyncssh.Error, ConnectionResetError, BrokenPipeError) as error:
        return error


def _presented(key: asyncssh.SSHKey) -> Presented:
    line = b" ".join(key.export_public_key().split()[:2]).decode()
    return Presented(key.get_algorithm(), key.get_fingerprint(), line)
