"""What an operator's command works on: the store, and its line in the audit log.

What always holds: the audit log names the account of the operating system, not what the environment
says; a failing store is a StoreError. What it does not do: ask a running bastion; both work on the
same store.
"""

import asyncio
import os
import pwd
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from bastion import chain
from bastion.audit.entry import AuditCode
from bastion.audit.log import maker
from bastion.clock import SystemClock
from bastion.errors import ConfigError
from bastion.state import State
from bastion.store.protocol import Store
from bastion.store.sqlite.database import open_readonly, open_store
from bastion.store.worker import StoreWorker

T = TypeVar("T")
_LOOK_SECONDS = 0.05
"""How often the store is looked at for what another process does, which has no event for us."""


@dataclass(frozen=True)
class Operator:
    """Somebody who changes the state of a bastion on its machine.

    Attributes:
        account: who sits there, and as whom this runs.
    """

    store: StoreWorker
    signer: chain.Signer
    account: str

    def run(self, operation: Callable[[Store], T]) -> T:
        """What *operation* returns for the store; raises StoreError."""
        return asyncio.run(self.store.run(operation))

    def until(self, is_so: Callable[[Store], bool], seconds: float) -> bool:
        """Wait until the store shows what another process does; False after *seconds*."""
        clock = SystemClock()
        deadline = clock.monotonic() + seconds
        while not self.run(is_so):
            if clock.monotonic() > deadline:
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def note(self, code: AuditCode, **detail: Any) -> None:
        """Put what is about to be done into the audit log; raises StoreError."""
        make = maker(SystemClock().now(), code, "", detail | {"by": self.account}, self.signer)
        self.run(lambda store: store.audit.append(make))


@contextmanager
def operator(state: State) -> Iterator[Operator]:
    """Whoever runs this command; raises ConfigError or StoreError where the state is not theirs."""
    try:
        signer = chain.load_signer(state.record_key)
    except OSError as error:
        raise ConfigError(
            f"{state.record_key}: {error.strerror}; run it as the bastion's user, "
            "after `bastion init`"
        ) from error
    except ValueError as error:
        raise ConfigError(f"{state.record_key}: is no key of the record") from error
    with closing(StoreWorker(lambda: open_store(state.database))) as store:
        yield Operator(store, signer, _account())


def look(state: State, operation: Callable[[Store], T]) -> T:
    """What *operation* returns for the store, which it can only read; raises StoreError."""
    with closing(StoreWorker(lambda: open_readonly(state.database))) as store:
        return asyncio.run(store.run(operation))


def _account() -> str:
    """Who logged in to this machine, where the kernel knows, and as whom this runs."""
    try:
        runs_as = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        runs_as = f"uid {os.getuid()}"
    with suppress(OSError):  # there is no terminal
        if (name := os.getlogin()) != runs_as:
            return f"local:{name} as {runs_as}"
    return f"local:{runs_as}"
