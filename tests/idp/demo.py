"""The provider that `bastion quickstart` brings."""

from typing import ClassVar

from bastion.clock import SystemClock
from bastion.demo.identity_provider.server import DemoProvider
from tests.idp.person import follow
from tests.idp.running import Running


class Demo(Running):
    """The demo provider, in this process."""

    label = "demo provider"
    account = "engineer"
    groups = ("engineers",)
    without: ClassVar = {
        "session": "it asks for the password each time",
        "userinfo": "groups are in its ID tokens",
        "people": "its accounts are fixed",
    }
    _provider: DemoProvider | None = None

    @property
    def oidc(self):
        return {"issuer": f"http://127.0.0.1:{self.port}", "client_id": "bastion"}

    async def start(self):
        self._provider = DemoProvider(self.folder, clock=SystemClock(), port=self.port, interval=0)
        await self._provider.start()

    async def stop(self):
        if self._provider is not None:
            await self._provider.stop()

    async def sign_in(self, browser, url):
        return await follow(browser, url, self._typed, until=self.callback)

    async def approve(self, browser, url, user_code):  # noqa: ARG002  the code is in the URL
        await follow(browser, url, self._typed)

    async def change_keys(self):
        await self.stop()
        (self.folder / "signing-key.pem").unlink()
        await self.start()

    @property
    def _typed(self) -> dict[str, str]:
        assert self._provider is not None
        return {
            "account": self.account,
            "password": self._provider.password,
            "decision": "allow",
        }
