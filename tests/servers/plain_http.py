"""HTTP clients for tests, which start at once: the system's CAs are read once, not for each.

That takes 40 ms, and no test asks a server that one of them vouches for.
"""

import contextlib
import functools
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx


@contextlib.asynccontextmanager
async def plain_http(**settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that takes no proxy from the environment."""
    async with httpx.AsyncClient(trust_env=False, verify=_system(), **settings) as http:
        yield http


@functools.cache
def _system() -> ssl.SSLContext:
    return ssl.create_default_context()
