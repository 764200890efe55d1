"""What the client's folder says: which bastion, who, until when, and where the key is.

What always holds: the answer comes from the certificate itself, not from memory. What it does not
do: ask the bastion; a certificate may have been revoked since.
"""

import json
from dataclasses import dataclass

import asyncssh
from asyncssh.public_key import SSHOpenSSHCertificate

from bastion.ca.certificate import facts
from bastion.client import agent
from bastion.client.folder import Folder
from bastion.client.server import About
from bastion.errors import ClientError


@dataclass(frozen=True)
class Memory:
    """What the last login left: the bastion's URL, the account, and what the bastion told."""

    url: str
    account: str
    about: About


@dataclass(frozen=True)
class Standing:
    """The certificate that is there.

    Attributes:
        valid_before: Unix seconds.
        where: of the private key: `agent`, `file` or `missing`.
    """

    subject: str
    account: str
    groups: tuple[str, ...]
    serial: int
    valid_before: int
    where: str


def recall(folder: Folder) -> Memory:
    """What the last login left; raises ClientError."""
    try:
        tree = json.loads(folder.memory.read_text())
        about = About.model_validate(tree["about"])
        return Memory(str(tree["url"]), str(tree["account"]), about)
    except FileNotFoundError as error:
        raise ClientError("nobody has logged in here; run `bastion login --server URL`") from error
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise ClientError(f"{folder.memory} cannot be read; log in again") from error


async def standing(folder: Folder, agent_socket: str) -> Standing | None:
    """The certificate in *folder*; None where there is none. Raises ClientError."""
    try:
        certificate = asyncssh.read_certificate(folder.certificate)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ClientError(f"{folder.certificate} cannot be read; log in again") from error
    if not isinstance(certificate, SSHOpenSSHCertificate):
        raise ClientError(f"{folder.certificate} is of the wrong kind; log in again")
    stated = facts(certificate)
    return Standing(
        subject=stated.key_id,
        account="".join(map(str, certificate.principals[:1])),
        groups=tuple(sorted(stated.groups)),
        serial=stated.serial,
        valid_before=stated.valid_before,
        where=await _where(folder, agent_socket),
    )


async def log_out(folder: Folder, agent_socket: str) -> bool:
    """Forget key and certificate; whether there was one. Raises ClientError."""
    was_there = folder.certificate.exists()
    known = agent.identities(folder.public_key, folder.certificate)
    folder.remove(folder.key)  # first, whatever the agent says
    was_in_agent = await agent.remove(agent_socket, known)
    folder.remove(folder.public_key, folder.certificate)
    return was_there or was_in_agent


async def _where(folder: Folder, agent_socket: str) -> str:
    if await agent.holds(agent_socket, folder.certificate):
        return "agent"
    return "file" if folder.key.exists() else "missing"
