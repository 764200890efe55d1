"""Our way of running uvicorn: bound before it returns, stopped in order, TLS where it is given."""

import asyncio
import datetime as dt
import signal
import ssl

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bastion.serve.webserver import WebServer
from tests.servers.plain_http import plain_http


async def hello(request):
    return PlainTextResponse(f"{request.url.scheme} {request.client.host}")


APP = Starlette(routes=[Route("/", hello)])


@pytest.fixture
async def server():
    made = WebServer(APP, "127.0.0.1", 0)
    yield made
    await made.stop()


@pytest.fixture
def tls(tmp_path):
    """Files with a self-signed certificate for localhost and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (tmp_path / "c.pem").write_bytes(certificate.public_bytes(pem))
    (tmp_path / "k.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return tmp_path / "c.pem", tmp_path / "k.pem"


async def get(url, **options):
    async with httpx.AsyncClient(trust_env=False, **options) as http:
        return await http.get(url)


async def test_it_serves_once_start_returns(server):
    """No waiting, no second try; the answer does not say what software it is."""
    port = await server.start()
    answer = await get(f"http://127.0.0.1:{port}/")
    assert answer.text == "http 127.0.0.1"
    assert "server" not in answer.headers


async def test_nobody_can_say_that_they_are_somebody_else(server):
    """The address in the audit log is the peer's, whatever a header says."""
    port = await server.start()
    headers = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}
    answer = await get(f"http://127.0.0.1:{port}/", headers=headers)
    assert answer.text == "http 127.0.0.1"


async def test_a_taken_port_is_an_error_of_the_start(server):
    """The second one does not start, and stopping it is fine."""
    port = await server.start()
    second = WebServer(APP, "127.0.0.1", port)
    with pytest.raises(OSError, match="in use"):
        await second.start()
    await second.stop()


async def test_signals_stay_ours(server):
    """Uvicorn would take SIGINT and SIGTERM for itself."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    await server.start()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


async def test_it_stops_with_a_client_that_stays_connected(server):
    """A kept connection does not keep it."""
    port = await server.start()
    async with plain_http() as http:
        await http.get(f"http://127.0.0.1:{port}/")
        async with asyncio.timeout(30):
            await server.stop()
    with pytest.raises(httpx.ConnectError):
        await get(f"http://127.0.0.1:{port}/")


async def test_with_a_certificate_it_speaks_tls(tls):
    """Only TLS, with the certificate that is given."""
    server = WebServer(APP, "127.0.0.1", 0, certificate=tls[0], key=tls[1])
    port = await server.start()
    try:
        context = ssl.create_default_context(cafile=str(tls[0]))
        assert (await get(f"https://localhost:{port}/", verify=context)).text == "https 127.0.0.1"
        with pytest.raises(httpx.HTTPError):
            await get(f"http://127.0.0.1:{port}/")
    finally:
        await server.stop()


async def test_a_certificate_that_cannot_be_used_is_an_error_of_the_start(tls):
    """Nothing listens afterwards."""
    server = WebServer(APP, "127.0.0.1", 0, certificate=tls[1], key=tls[1])
    with pytest.raises(OSError, match=r"."):
        await server.start()
