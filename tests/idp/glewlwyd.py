"""glewlwyd, of Debian, in a folder of its own."""

import asyncio
import contextlib
import gzip
import json
import sqlite3
from pathlib import Path
from typing import Any, ClassVar

import httpx

from tests.idp.rsa_keys import key_pair
from tests.idp.running import Running
from tests.servers.installed import require
from tests.servers.plain_http import plain_http
from tests.servers.process import ended
from tests.servers.waiting import until_answered

_SEEDS = Path("/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz")


class Glewlwyd(Running):
    """glewlwyd in a process of its own, with its REST API for the administrator."""

    label = "glewlwyd"
    without: ClassVar = {
        "userinfo": "groups are in its ID tokens",
        "any port": "registered addresses only",
    }
    _process: asyncio.subprocess.Process | None = None

    @property
    def oidc(self) -> dict[str, Any]:
        return {
            "issuer": f"http://127.0.0.1:{self.port}/api/oidc",
            "client_id": "bastion",
            "scopes": ["openid", "groups"],
            "account_claim": "name",
        }

    @property
    def _api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    async def start(self) -> None:
        await asyncio.to_thread(_prepare, self.folder, self.port)
        self._process = await asyncio.create_subprocess_exec(
            *(require("glewlwyd", "glewlwyd"), "-c", str(self.folder / "glewlwyd.conf")),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        scope = {"password_required": True, "password_max_age": 0, "scheme": {}}
        await self._told("POST", "/scope/", {"name": "groups", "display_name": "groups", **scope})
        await self._told("POST", "/mod/plugin/", self._plugin())
        await self._told("POST", "/client/", self._client())
        await self._told("POST", "/user/", self._alice())

    async def stop(self) -> None:
        await ended(self._process)

    async def sign_in(self, browser, url):
        if self.types and not await self._entered(browser, "alice"):
            return "wrong password"
        answer = await browser.put(
            f"{self._api}/auth/grant/bastion", json={"scope": "openid groups"}
        )
        if not answer.is_success:
            return str(answer.text)
        answer = await browser.get(httpx.URL(url).copy_merge_params({"g_continue": ""}))
        return str(answer.headers.get("location", answer.text))

    async def approve(self, browser, url, user_code):  # noqa: ARG002  the page needs scripts
        asked = {"code": user_code, "g_continue": ""}
        await self.sign_in(browser, str(httpx.URL(f"{self._api}/oidc/device", params=asked)))

    async def take_group(self):
        await self._told("PUT", "/user/alice", {**self._alice(), "groups": list(self.groups[1:])})

    async def take_person(self):
        await self._told("PUT", "/user/alice", {**self._alice(), "enabled": False})

    async def change_keys(self):
        await self._told("PUT", "/mod/plugin/oidc", self._plugin())
        await self._told("PUT", "/mod/plugin/oidc/disable", {})
        await self._told("PUT", "/mod/plugin/oidc/enable", {})

    async def _told(self, method: str, path: str, tree: dict[str, Any]) -> None:
        """As its administrator."""
        async with plain_http() as admin:
            assert await self._entered(admin, "admin")
            answer = await admin.request(method, self._api + path, json=tree)
            assert answer.is_success, (path, answer.text)

    async def _entered(self, http: httpx.AsyncClient, name: str) -> bool:
        """Whether *name* could sign in."""
        answers: list[httpx.Response] = []

        async def has_answered() -> bool:
            who = {"username": name, "password": "password"}
            with contextlib.suppress(httpx.TransportError):  # it does not listen yet
                answers.append(await http.post(f"{self._api}/auth/", json=who))
            return bool(answers)

        await until_answered(has_answered)
        return answers[0].is_success

    def _client(self) -> dict[str, Any]:
        return {
            "client_id": "bastion",
            "name": "bastion",
            "confidential": False,
            "enabled": True,
            "redirect_uri": [self.callback],
            "authorization_type": ["code", "device_authorization"],
            "token_endpoint_auth_method": ["none"],
        }

    def _alice(self) -> dict[str, Any]:
        return {
            "username": "alice",
            "password": "password",
            "name": "alice",
            "email": "alice@example.test",
            "enabled": True,
            "scope": ["openid", "groups", "g_profile"],
            "groups": list(self.groups),
        }

    def _plugin(self) -> dict[str, Any]:
        """The OpenID Connect plugin, with a new key."""
        private, public = key_pair()
        kinds = ("token", "id-token", "password", "client", "none", "refresh")
        groups = {"name": "groups", "type": "string", "user-property": "groups"}
        parameters = {
            "iss": f"{self._api}/oidc",
            "jwt-type": "rsa",
            "jwt-key-size": "256",
            "key": private,
            "cert": public,
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
            "claims": [{**groups, "mandatory": True}],
        }
        named = {"module": "oidc", "name": "oidc", "display_name": "oidc", "enabled": True}
        return {**named, "parameters": parameters}


def _prepare(folder: Path, port: int) -> None:
    """Make the database and the configuration file."""
    require("glewlwyd", "glewlwyd")
    with contextlib.closing(sqlite3.connect(folder / "glewlwyd.db")) as database:
        database.executescript(gzip.decompress(_SEEDS.read_bytes()).decode())
        (kept,) = database.execute("select gumi_parameters from g_user_module_instance").fetchone()
        parameters = json.loads(kept)
        shape = {"multiple": True, "read": True, "write": True, "profile-read": True}
        parameters["data-format"]["groups"] = {**shape, "profile-write": False}
        database.execute(
            "update g_user_module_instance set gumi_parameters = ?", (json.dumps(parameters),)
        )
        database.commit()
    modules = ("user", "user_middleware", "client", "plugin")
    lines = [
        f"port={port}",
        'bind_address="127.0.0.1"',
        f'external_url="http://127.0.0.1:{port}/"',
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
        *(f'{name}_module_path="/usr/lib/glewlwyd/{name}"' for name in modules),
        'user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"',
        'hash_algorithm="SHA512"',
        f'database = {{ type="sqlite3"; path="{folder}/glewlwyd.db"; }};',
    ]
    (folder / "glewlwyd.conf").write_text("\n".join(lines) + "\n")
