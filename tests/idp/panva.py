"""oidc-provider of npm, by its author's name; it reads its users again for each request."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

from tests.idp.person import follow
from tests.idp.running import Running
from tests.servers.installed import require
from tests.servers.process import ended

PACKAGE = "oidc-provider@9.13.3"
HERE = Path(__file__).parent


class Panva(Running):
    """oidc-provider in a process of its own."""

    label = "panva oidc-provider"

    def __init__(self, folder: Path, modules: Path, *, only_userinfo: bool = False) -> None:
        super().__init__(folder, only_userinfo=only_userinfo)
        self._modules, self._file = modules, folder / "state.json"
        self._process: asyncio.subprocess.Process | None = None
        alice = {"name": "Alice", "preferred_username": "alice", "groups": list(self.groups)}
        self._state: dict[str, Any] = {
            "port": self.port,
            "users": {"alice": alice},
            "only_userinfo": only_userinfo,
        }

    @property
    def oidc(self) -> dict[str, Any]:
        return {
            "issuer": f"http://127.0.0.1:{self.port}",
            "client_id": "bastion",
            "scopes": ["openid", "profile", "groups"],
            "userinfo_groups": self.only_userinfo,
            "account_claim": "sub",
        }

    async def start(self) -> None:
        self._write()
        await asyncio.to_thread(install, self._modules)
        self._process = await asyncio.create_subprocess_exec(
            *(require("node", "nodejs"), str(HERE / "panva.mjs"), str(self._file)),
            cwd=self._modules,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            while b"listening" not in (line := await self._process.stdout.readline()):
                assert line, "oidc-provider did not start"

    async def stop(self) -> None:
        await ended(self._process)

    async def sign_in(self, browser, url):
        return await follow(browser, url, self._typed, until=self.callback)

    async def approve(self, browser, url, user_code):  # noqa: ARG002  the code is in the URL
        page = await follow(browser, url, self._typed)
        assert "success" in page.lower()

    async def take_group(self):
        self._state["users"]["alice"]["groups"] = list(self.groups[1:])
        self._write()

    async def take_person(self):
        del self._state["users"]["alice"]
        self._write()

    async def change_keys(self):
        """It makes its keys when it starts."""
        await self.stop()
        await self.start()

    @property
    def _typed(self) -> dict[str, str]:
        return {"login": "alice", "password": "x"} if self.types else {}

    def _write(self) -> None:
        self._file.write_text(json.dumps(self._state))


def install(modules: Path) -> None:
    """Have the package in *modules*, where it is not there yet."""
    if not (modules / "node_modules" / "oidc-provider" / "package.json").exists():
        npm = require("npm", "npm")
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(modules), PACKAGE]
        subprocess.run(command, check=True)
