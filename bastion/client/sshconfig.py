"""Writes what ssh needs to know: the ssh_config block and known_hosts.

What always holds: hosts behind the bastion are reached by ProxyJump and nothing else; host keys are
checked strictly against the bastion's host CA; only this login's key is offered. Values of the
server have passed `bastion.client.server`; paths of the user are quoted. What it does not do:
change files of the user.
"""

import re
from pathlib import Path

from bastion.client.folder import Folder
from bastion.client.server import About, is_account
from bastion.errors import ClientError
from bastion.printable import printable


def known_hosts(about: About) -> str:
    """The lines that make ssh trust the bastion, for its own name and for the hosts behind it."""
    names = ",".join([about.ssh.name, *about.ssh.host_patterns])
    cas = about.host_cas or (about.host_ca,)  # several while the CA is rotated
    return "".join(f"@cert-authority {names} {ca}\n" for ca in cas)


def ssh_config(about: About, folder: Folder, account: str, login: str = "") -> str:
    """What to put into the user's ssh_config; *login* is the account on the hosts, or empty."""
    name, patterns = about.ssh.name, " ".join(about.ssh.host_patterns)
    common = [
        f"  IdentityFile {_quoted(folder.key)}",
        f"  CertificateFile {_quoted(folder.certificate)}",
        "  IdentitiesOnly yes",
        f"  UserKnownHostsFile {_quoted(folder.known_hosts)}",
        "  StrictHostKeyChecking yes",
    ]
    jump = [
        f"Host {name}",
        f"  HostName {about.ssh.host}",
        f"  Port {about.ssh.port}",
        f"  User {_login(account)}",
        f"  HostKeyAlias {name}",
        *common,
    ]
    # A host is asked for by its name alone: the bastion knows its address and port.
    behind = [f"Host {patterns} !{name}", f"  ProxyJump {name}", *common]
    if login:
        behind.insert(1, f"  User {_login(login)}")
    return "\n".join([*jump, "", *behind, ""])


def include_line(folder: Folder) -> str:
    """The line of ssh_config that includes the block."""
    text = str(folder.ssh_config)
    # Include knows `~` and globs, and no percent signs.
    if re.search(r"[*?\[]", text):
        raise ClientError(f"ssh_config cannot include this folder: {printable(text)}")
    return f"Include {_quoted(folder.ssh_config).replace('%%', '%')}"


def _quoted(path: Path) -> str:
    """*path* for ssh_config, which knows quotes, escapes, %-signs and ${VARIABLES}."""
    text = str(path)
    if re.search(r'["\\\x00-\x1f\x7f]|\$\{', text):
        raise ClientError(f"ssh_config cannot hold the name of this folder: {printable(text)}")
    return '"' + text.replace("%", "%%") + '"'


def _login(login: str) -> str:
    if not is_account(login):
        raise ClientError(f"that is no name of an account: {printable(login, 100)}")
    return login
