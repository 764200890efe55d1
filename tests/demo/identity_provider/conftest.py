"""A demo provider on loopback, a clock to move it by, and a client that is a browser to it."""

import httpx
import pytest

from bastion.demo.identity_provider.server import DemoProvider
from tests.servers.identity import demo_provider

WEB = "https://bastion.test/signed-in"


@pytest.fixture
async def idp(tmp_path, clock):
    async with demo_provider(tmp_path / "idp", redirect_uris=[WEB], clock=clock) as provider:
        yield provider


@pytest.fixture
def post(idp: DemoProvider, http: httpx.AsyncClient):
    """Send a form to a path of the provider."""

    async def send(path, **fields):
        return await http.post(f"{idp.issuer}{path}", data=fields)

    return send
