"""canaille, of PyPI, inside this process (pytest-iam)."""

import itertools
from typing import Any, ClassVar

from joserfc.jwk import JWKRegistry

from tests.idp.person import follow
from tests.idp.running import GROUPS, Running

_NUMBERS = itertools.count()
_PASSWORD = "correct horse"


class Canaille(Running):
    """canaille; the server lives as long as the test run, so each test takes another person."""

    label = "canaille"
    without: ClassVar = {
        "any port": "registered addresses only",
        "device": "no device grant",
        "userinfo": "groups are in its ID tokens",
    }

    def __init__(self, folder, iam):
        super().__init__(folder)
        self._iam, number = iam, next(_NUMBERS)
        self.account = f"idp-alice{number}"
        self.groups = tuple(f"{self.account}-{group}" for group in GROUPS)
        self._client_id = f"idp-bastion{number}"
        self._teams: list[Any] = []
        self._person: Any = None

    @property
    def oidc(self):
        return {"issuer": self._iam.url.rstrip("/"), "client_id": self._client_id}

    def toml(self):
        return super().toml().replace(self._client_id, "bastion")

    async def start(self):
        models, backend = self._iam.models, self._iam.backend
        self._iam.logout()
        self._person = models.User(
            user_name=self.account,
            family_name="A",
            emails=[f"{self.account}@example.test"],
            password=_PASSWORD,
        )
        backend.save(self._person)
        self._teams = [
            models.Group(display_name=name, members=[self._person]) for name in self.groups
        ]
        for team in self._teams:
            backend.save(team)
        client = models.Client(
            client_id=self._client_id,
            client_name="bastion",
            contacts=["a@example.test"],
            redirect_uris=[self.callback],
            grant_types=["authorization_code"],
            response_types=["code"],
            token_endpoint_auth_method="none",
            scope=["openid", "email", "profile", "groups"],
            id_token_signed_response_alg="RS256",
        )
        backend.save(client)
        client.audience = [client]  # or its ID tokens have no aud
        backend.save(client)
        self._iam.consent(self._person, client)

    async def stop(self):
        """It ends with the test run."""

    async def sign_in(self, browser, url):
        typed = {"login": self.account, "password": _PASSWORD} if self.types else {}
        return await follow(browser, url, typed, until=self.callback)

    async def take_group(self):
        self._iam.backend.delete(self._teams[0])

    async def take_person(self):
        self._iam.backend.delete(self._person)

    async def change_keys(self):
        key = JWKRegistry.generate_key("RSA", 2048)
        key.ensure_kid()
        self._iam.app.config["CANAILLE_OIDC"]["ACTIVE_JWKS"] = [key.as_dict(private=True)]
