"""Identity providers of others, each in a process of its own, and what a test can do to them."""

import asyncio
import contextlib
import gzip
import json
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bastion.config.issuers import Oidc
from tests.idp.person import follow
from tests.servers.identity import CALLBACK
from tests.servers.installed import require
from tests.servers.sshd import free_port

PANVA = "oidc-provider@9.13.3"
GROUPS = ("gpu-admins", "ml-eng")
HERE = Path(__file__).parent


class Running:
    """A provider that runs.

    Attributes:
        has_users: whether a test may take users and groups away.
    """

    has_users = False

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: asyncio.subprocess.Process | None = None

    @property
    def settings(self) -> Oidc:
        raise NotImplementedError

    async def start(self) -> None:
        raise NotImplementedError

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await self.process.communicate()

    async def sign_in(self, url: str) -> str:
        """Let a browser go to *url* as alice; where it comes back to."""
        raise NotImplementedError

    async def approve(self, url: str, user_code: str) -> None:
        """Let alice approve a device."""
        raise NotImplementedError


class Panva(Running):
    """oidc-provider, of npm; it reads its users again for each request."""

    has_users = True

    def __init__(self, folder: Path, modules: Path) -> None:
        super().__init__(folder)
        self._modules, self._file = modules, folder / "state.json"
        alice = {"name": "Alice", "preferred_username": "alice", "groups": list(GROUPS)}
        self.state: dict[str, Any] = {"port": self.port, "users": {"alice": alice}}

    @property
    def settings(self) -> Oidc:
        return Oidc(
            issuer=f"http://127.0.0.1:{self.port}",
            client_id="bastion",
            scopes=("openid", "profile", "groups"),
            userinfo_groups=bool(self.state.get("only_userinfo")),
            account_claim="sub",
        )

    def write(self) -> None:
        self._file.write_text(json.dumps(self.state))

    async def start(self) -> None:
        self.write()
        if not (self._modules / "node_modules" / "oidc-provider").exists():
            npm = require("npm", "npm")
            command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(self._modules)]
            await asyncio.to_thread(subprocess.run, [*command, PANVA], check=True)
        self.process = await asyncio.create_subprocess_exec(
            *(require("node", "nodejs"), str(HERE / "panva.mjs"), str(self._file)),
            cwd=self._modules,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            while b"listening" not in (line := await self.process.stdout.readline()):
                assert line, "oidc-provider did not start"

    async def sign_in(self, url: str) -> str:
        async with httpx.AsyncClient(trust_env=False) as browser:
            return await follow(browser, url, "alice", "x", until=CALLBACK)

    async def approve(self, url: str, user_code: str) -> None:  # noqa: ARG002  it is in the URL
        async with httpx.AsyncClient(trust_env=False) as browser:
            assert "success" in (await follow(browser, url, "alice", "x")).lower()


class Glewlwyd(Running):
    """glewlwyd, of Debian, in a folder of its own."""

    @property
    def settings(self) -> Oidc:
        return Oidc(
            issuer=f"http://127.0.0.1:{self.port}/api/oidc",
            client_id="bastion",
            scopes=("openid", "groups"),
            account_claim="name",
        )

    @property
    def _api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    async def start(self) -> None:
        await asyncio.to_thread(self._prepare)
        self.process = await asyncio.create_subprocess_exec(
            *(require("glewlwyd", "glewlwyd"), "-c", str(self.folder / "glewlwyd.conf")),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with httpx.AsyncClient(trust_env=False) as admin:
            await self._signed_in(admin, "admin")
            for path, tree in self._seeds():
                answer = await admin.post(self._api + path, json=tree)
                assert answer.is_success, (path, answer.text)

    async def sign_in(self, url: str) -> str:
        async with httpx.AsyncClient(trust_env=False) as browser:
            await self._consented(browser)
            answer = await browser.get(httpx.URL(url).copy_merge_params({"g_continue": ""}))
            return str(answer.headers["location"])

    async def approve(self, url: str, user_code: str) -> None:  # noqa: ARG002  the page needs scripts
        async with httpx.AsyncClient(trust_env=False) as browser:
            await self._consented(browser)
            asked = {"code": user_code, "g_continue": ""}
            await browser.get(f"{self._api}/oidc/device", params=asked)

    async def _consented(self, browser: httpx.AsyncClient) -> None:
        await self._signed_in(browser, "alice")
        answer = await browser.put(
            f"{self._api}/auth/grant/bastion", json={"scope": "openid groups"}
        )
        assert answer.is_success, answer.text

    async def _signed_in(self, http: httpx.AsyncClient, name: str) -> None:
        who = {"username": name, "password": "password"}
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    assert (await http.post(f"{self._api}/auth/", json=who)).is_success
                    return
                await asyncio.sleep(0.05)  # another process has no event for us

    def _prepare(self) -> None:
        folder = self.folder
        seeds = Path("/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz")
        require("glewlwyd", "glewlwyd")
        with contextlib.closing(sqlite3.connect(folder / "glewlwyd.db")) as database:
            database.executescript(gzip.decompress(seeds.read_bytes()).decode())
            (kept,) = database.execute(
                "select gumi_parameters from g_user_module_instance"
            ).fetchone()
            parameters = json.loads(kept)
            shape = {"multiple": True, "read": True, "write": True, "profile-read": True}
            parameters["data-format"]["groups"] = {**shape, "profile-write": False}
            database.execute(
                "update g_user_module_instance set gumi_parameters = ?", (json.dumps(parameters),)
            )
            database.commit()
        modules = ("user", "user_middleware", "client", "plugin")
        paths = [f'{name}_module_path="/usr/lib/glewlwyd/{name}"' for name in modules]
        (folder / "glewlwyd.conf").write_text(
            "\n".join(
                [
                    f"port={self.port}",
                    'bind_address="127.0.0.1"',
                    f'external_url="http://127.0.0.1:{self.port}/"',
                    'login_url="login.html"',
                    'api_prefix="api"',
                    'static_files_path="/usr/share/glewlwyd/webapp/"',
                    'log_mode="file"',
                    'log_level="ERROR"',
                    f'log_file="{folder}/glewlwyd.log"',
                    'cookie_domain="127.0.0.1"',
                    "cookie_secure=0",
                    'session_key="GLEWLWYD2_SESSION_ID"',
                    'admin_scope="g_admin"',
                    'profile_scope="g_profile"',
                    *paths,
                    'user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"',
                    'hash_algorithm="SHA512"',
                    f'database = {{ type="sqlite3"; path="{folder}/glewlwyd.db"; }};',
                    "",
                ]
            )
        )

    def _seeds(self) -> list[tuple[str, dict[str, Any]]]:
        key = rsa.generate_private_key(65537, 2048)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        kinds = ("token", "id-token", "password", "client", "none", "refresh")
        plugin = {
            "iss": f"{self._api}/oidc",
            "jwt-type": "rsa",
            "jwt-key-size": "256",
            "key": private.decode(),
            "cert": public.decode(),
            "access-token-duration": 300,
            "refresh-token-duration": 3600,
            "code-duration": 60,
            "allow-non-oidc": False,
            "auth-type-code-enabled": True,
            **{f"auth-type-{kind}-enabled": False for kind in kinds},
            "auth-type-device-enabled": True,
            "device-authorization-expiration": 600,
            "device-authorization-interval": 1,
            "pkce-allowed": True,
            "pkce-method-plain-allowed": False,
            "introspection-revocation-allowed": False,
            "session-management-allowed": False,
            "name-claim": "mandatory",
            "email-claim": "no",
            "scope-claim": "no",
            "claims": [
                {"name": "groups", "type": "string", "mandatory": True, "user-property": "groups"}
            ],
        }
        scope = {"password_required": True, "password_max_age": 0, "scheme": {}}
        client = {
            "client_id": "bastion",
            "name": "bastion",
            "confidential": False,
            "enabled": True,
            "redirect_uri": [CALLBACK],
            "authorization_type": ["code", "device_authorization"],
            "token_endpoint_auth_method": ["none"],
        }
        alice = {
            "username": "alice",
            "password": "password",
            "name": "alice",
            "email": "alice@example.test",
            "enabled": True,
            "scope": ["openid", "groups", "g_profile"],
            "groups": list(GROUPS),
        }
        return [
            ("/scope/", {"name": "groups", "display_name": "groups", **scope}),
            ("/mod/plugin/", _module("oidc", plugin)),
            ("/client/", client),
            ("/user/", alice),
        ]


def _module(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "module": name,
        "name": name,
        "display_name": name,
        "enabled": True,
        "parameters": parameters,
    }


@contextlib.asynccontextmanager
async def running(provider: Running) -> AsyncIterator[Running]:
    """*provider*, started and stopped."""
    try:
        await provider.start()
        yield provider
    finally:
        await provider.stop()
