"""The errors of the product, each drawn once with its cause for the log.

    BastionError              unexpected to the caller; carries one sentence for a person
    ├── ConfigError           a configuration file cannot be used; names file and key
    ├── RulesError            a rule file cannot be used; names file, line and rule
    ├── StoreError            the store cannot answer or refuses the write
    ├── RecordingError        a byte could not be recorded: the session must end
    ├── TokenError            an ID token or a provider's answer was refused
    ├── UpstreamError         the host could not be reached or did not prove itself
    │   └── HostKeyError      it presented another host key than the pinned one
    ├── SigningError          the key of a CA cannot be used
    ├── KeeperError           what keeps a key (a token, a server) does not do its work
    ├── ChatError             approvers could not be told
    ├── TransferError         SFTP or scp as nobody speaks it: the session must end
    └── ClientError           a command of the CLI cannot go on; the sentence says why

What always holds: the message of an error is one sentence that may be shown to a person, and holds
no secret. A refusal that is expected (no access, a blocked command) is not an error but a value:
`bastion.refusal.Refusal`.
"""

import errno
import os
import ssl
from collections.abc import Sequence
from pathlib import Path


class BastionError(Exception):
    """Base of all errors of the product; `str()` of one is a sentence for a person."""


class ConfigError(BastionError):
    """A configuration file cannot be used."""


class RulesError(BastionError):
    """A rule file cannot be used.

    Attributes:
        path: the file at fault.
        line: the line of the rule in it, from 1; 0 where the whole file is at fault.
        rule: the rule's id, empty where it has none.
    """

    def __init__(self, path: Path, line: int, rule: str, problem: str) -> None:
        where = f"{path}:{line}" if line else f"{path}"
        named = f" rule {rule!r}:" if rule else ""
        super().__init__(f"{where}:{named} {problem}")
        self.path, self.line, self.rule = path, line, rule


class StoreError(BastionError):
    """The store cannot answer, or refuses the write."""


class RecordingError(BastionError):
    """A byte could not be handed to the operating system for recording."""


class TokenError(BastionError):
    """An ID token, or an answer of the identity provider, was refused."""


class UpstreamError(BastionError):
    """The host could not be reached, or did not prove that it is the host.

    Attributes:
        code: the stable code of `bastion.refusal.Code` that the user is shown.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class HostKeyError(UpstreamError):
    """A host presented a host key that is not pinned.

    Attributes:
        host: its name in the inventory.
        presented: kind and fingerprint of the key; empty where it could not be read.
        pinned: those of the keys and CAs that are pinned.
    """

    def __init__(
        self, code: str, sentence: str, *, host: str, presented: str, pinned: Sequence[str]
    ) -> None:
        super().__init__(code, sentence)
        self.host, self.presented, self.pinned = host, presented, tuple(pinned)


class SigningError(BastionError):
    """The key of a CA cannot be used: its agent, token or service does not sign."""


class KeeperError(BastionError):
    """What keeps a key, a PKCS#11 token or a server, does not answer, or refuses."""


class ChatError(BastionError):
    """Approvers could not be told."""


class ClientError(BastionError):
    """A command of the CLI cannot go on."""


def reason(error: OSError) -> str:
    """Why the system refused, without the address that asyncio's own words repeat."""
    # The numbers of resolvers (below 0) and of OpenSSL are none of the system's.
    if error.errno and error.errno > 0 and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)
    return error.strerror or str(error)


_STEPS = {
    errno.ENOENT: "write it, or name the right one",
    errno.ENOTDIR: "name the right one",
    errno.EISDIR: "a file has to be there",
    errno.EEXIST: "something else is there: move it away, or name another place",
    errno.EACCES: "run it as the bastion's user",
    errno.EPERM: "run it as the bastion's user",
    errno.ENOSPC: "make room on the disk",
    errno.EROFS: "name a place that can be written",
}


def unusable(error: OSError) -> str:
    """Why a file cannot be used, and what whoever gave it can do about that."""
    step = _STEPS.get(error.errno or 0)
    return f"{reason(error)}; {step}" if step else reason(error)


def cause(error: BaseException) -> str:
    """Why something failed, in words: without the numbers and classes of the libraries on top.

    What lies deepest knows best; a connection of which nothing is said was closed.
    """
    lying: list[BaseException] = []
    below: BaseException | None = error
    while below is not None and below not in lying:
        lying.append(below)
        below = below.__cause__ or below.__context__
    for each in reversed(lying):
        if isinstance(each, ssl.SSLError):
            return _tls_cause(each)
        if isinstance(each, OSError) and each.errno:
            return reason(each)
    if any(isinstance(each, TimeoutError) or "Timeout" in type(each).__name__ for each in lying):
        return "no answer in time"
    return str(error) or "it hung up"


def _tls_cause(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    named = getattr(error, "reason", None)  # OpenSSL gives none for what is no PEM
    return f"TLS: {named.replace('_', ' ').lower()}" if named else "no PEM that TLS can use"


class TransferError(BastionError):
    """A client or a host does not speak SFTP or scp as they are written."""
