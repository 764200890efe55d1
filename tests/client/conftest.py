"""A bastion's real API beside the demo provider, an ssh-agent, and folders to log in to."""

import asyncio
import contextlib
from pathlib import Path

import asyncssh
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from bastion.client.folder import Folder
from bastion.client.server import Server
from tests.servers.api import bastion_api, serving
from tests.servers.identity import demo_provider

HOST_CA = asyncssh.generate_private_key("ssh-ed25519", "a CA").export_public_key().decode()


@pytest.fixture
async def idp(tmp_path):
    async with demo_provider(tmp_path / "idp") as provider:
        yield provider


@pytest.fixture
async def api(tmp_path, idp, http):
    """The API of a bastion in *tmp_path*/state."""
    async with bastion_api(tmp_path, idp, http) as running:
        yield running


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "client")


@pytest.fixture
async def ssh_agent(tmp_path):
    """A real ssh-agent; its socket."""
    socket = tmp_path / "agent"
    process = await asyncio.create_subprocess_exec(
        *("ssh-agent", "-D", "-a", str(socket)), stdout=asyncio.subprocess.PIPE
    )
    await process.stdout.readline()  # it says where it listens once it does
    yield str(socket)
    process.terminate()
    await process.communicate()


@pytest.fixture
def sent(monkeypatch):
    """The ID token and the access token of each order that a client sends to its bastion."""
    tokens, certify = [], Server.certify

    async def watched(self, id_token, public_key, access_token="", **wishes):
        tokens.append((id_token, access_token))
        return await certify(self, id_token, public_key, access_token, **wishes)

    monkeypatch.setattr(Server, "certify", watched)
    return tokens


@pytest.fixture
async def hostile():
    """Starts servers that answer what a test wants, to GET and to POST; yields their URLs."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(tell=None, certify=None):
            async def answer(request):
                made = tell if request.method == "GET" else certify
                return made if isinstance(made, Response) else await made(request)

            app = Starlette(
                routes=[Route("/{path:path}", answer, methods=["GET", "POST"])],
            )
            return await stack.enter_async_context(serving(app))

        yield start


@pytest.fixture
def about():
    """What an honest bastion tells about itself."""
    return {
        "version": "1",
        "issuer": "http://127.0.0.1:1",
        "client_id": "bastion",
        "scopes": ["openid", "profile", "groups"],
        "ssh": {
            "host": "bastion.example.com",
            "port": 2222,
            "name": "bastion",
            "host_patterns": ["gpu-*"],
        },
        "host_ca": HOST_CA,
    }


def text(content, status=200, **headers):
    """An HTTP answer."""
    return Response(content, status, headers=headers)


def listing(folder: Path) -> dict[str, bytes]:
    """What stands in *folder*."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}
