"""Why the system refused, in words for a person."""

import asyncio
import errno
import socket
import ssl

import httpx
import pytest

from bastion.errors import cause, reason, unusable


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


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOENT, "No such file or directory; write it, or name the right one"),
        (errno.EACCES, "Permission denied; run it as the bastion's user"),
        (errno.EISDIR, "Is a directory; a file has to be there"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_what_to_do_about_a_file_stands_behind_why_it_cannot_be_used(number, said):
    """Where anybody knows."""
    assert unusable(OSError(number, "x")) == said


def _raised(error: BaseException, *below: BaseException) -> BaseException:
    """*error*, raised from what lies *below*."""
    for upper, lower in zip((error, *below), below, strict=False):
        upper.__cause__ = lower
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "Connection refused"),
        (
            _raised(
                httpx.ConnectError("[Errno 111] all attempts failed"),
                OSError("all attempts failed"),
                ConnectionRefusedError(errno.ECONNREFUSED, "x"),
            ),
            "Connection refused",
        ),
        (PermissionError(errno.EACCES, "x", "/a/file"), "Permission denied"),
        (TimeoutError(), "no answer in time"),
        (httpx.ReadTimeout(""), "no answer in time"),
        (httpx.ReadError(""), "it hung up"),
        (ValueError("odd"), "odd"),
    ],
)
def test_a_cause_is_words(error, said):
    """No number, no class, no place in a library; what lies deepest speaks."""
    assert cause(error) == said


async def test_what_tls_says_is_words():
    """Whoever asks a port without TLS for it."""

    async def speak(_reader, writer):
        writer.write(b"SSH-2.0-x\r\n")
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(httpx.ConnectError, match=r"_ssl\.c") as refused:
            async with httpx.AsyncClient(trust_env=False) as http:
                await http.get(f"https://127.0.0.1:{port}/")
    assert cause(refused.value) == "TLS: wrong version number"


def test_what_is_no_pem(tmp_path):
    """OpenSSL has no name for it."""
    (tmp_path / "key").write_text("no key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with pytest.raises(ssl.SSLError) as refused:
        context.load_cert_chain(tmp_path / "key")
    assert cause(refused.value) == "no PEM that TLS can use"


def test_a_ring_of_causes_ends():
    """Whoever raises an error from one that it caused."""
    error = OSError("odd")
    error.__cause__ = ValueError("even")
    error.__cause__.__cause__ = error
    assert cause(error) == "odd"
