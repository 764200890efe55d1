"""Why the system refused, in words for a person."""

import asyncio
import errno
import socket
import ssl

import pytest

from bastion.errors import reason


async def _serve(host: str, port: int) -> None:
    await asyncio.start_server(lambda _reader, _writer: None, host, port)


async def test_a_taken_address_is_not_told_twice():
    """Asyncio's own words hold it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with pytest.raises(OSError, match="address") as refused:
            await _serve("127.0.0.1", taken.getsockname()[1])
        assert "127.0.0.1" in str(refused.value)
        assert reason(refused.value) == "Address already in use"


def test_what_has_no_number_of_the_system_speaks_for_itself():
    """A resolver, OpenSSL, and an error of words alone."""
    assert reason(socket.gaierror(socket.EAI_NONAME, "Name not known")) == "Name not known"
    assert reason(ssl.SSLError(errno.EPERM, "no start line")) == "no start line"
    assert reason(OSError("odd")) == "odd"
