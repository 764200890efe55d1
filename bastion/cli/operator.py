"""What an operator's command needs to change the state: the store, and a line in the audit log.

What always holds: the audit log names the account of the operating system, not what the environment
says; a change is in the log before it is made. What it does not do: ask a running bastion; both
work on the same store.
"""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bastion import chain
from bastion.audit.entry import AuditCode
from bastion.audit.log import maker
from bastion.clock import SystemClock
from bastion.errors import ConfigError
from bastion.state import State
from bastion.store.protocol import Store
from bastion.store.sqlite.database import open_store


@dataclass(frozen=True)
class Operator:
    """Somebody who changes the state of a bastion on its machine."""

    store: Store
    signer: chain.Signer
    account: str

    def note(self, code: AuditCode, **detail: Any) -> None:
        """Put what is about to be done into the audit log; raises StoreError."""
        at = SystemClock().now()
        make = maker(at, code, "", detail | {"by": self.account}, self.signer)
        self.store.audit.append(make)


@contextmanager
def operator(state: State) -> Iterator[Operator]:
    """Whoever runs this command; raises ConfigError or StoreError where the state is not theirs."""
    try:
        signer = chain.load_signer(state.record_key)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{state.record_key}: cannot be read; run `bastion init`") from error
    store = open_store(state.database)
    try:
        yield Operator(store, signer, _account())
    finally:
        store.close()


def _account() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
