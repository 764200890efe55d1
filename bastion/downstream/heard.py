"""What a channel is answered where its waiting fails: nobody awaits its task, so it is said here.

What always holds: a failure becomes a refusal, and the log gets its cause. What it does not do:
hold back that the task was cancelled.
"""

from collections.abc import Awaitable
from typing import TypeVar

import structlog

from bastion.errors import StoreError
from bastion.refusal import Code, Refusal

_LOG = structlog.get_logger()
T = TypeVar("T")


async def heard(answer: Awaitable[T], failed: str) -> T | Refusal:
    """The *answer*; a refusal where it fails, with *failed* for the log."""
    try:
        return await answer
    except StoreError as error:
        _LOG.warning(failed, cause=str(error))
        return Refusal(Code.STORE_UNAVAILABLE)
    except Exception as error:  # noqa: BLE001  nobody awaits the task: it is said here
        _LOG.exception(failed, cause=repr(error))
        return Refusal(Code.INTERNAL)
