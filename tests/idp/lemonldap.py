"""LemonLDAP::NG, of Debian, in a folder of its own, with its demo accounts."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

from tests.idp.person import follow
from tests.idp.rsa_keys import key_pair
from tests.idp.running import GROUPS, Running
from tests.servers.installed import require
from tests.servers.plain_http import plain_http
from tests.servers.process import ended
from tests.servers.waiting import until_answered

PACKAGES = (
    "liblemonldap-ng-portal-perl lemonldap-ng-fastcgi-server libplack-perl libgd-perl perlmagick"
    " libgd-securityimage-perl libio-string-perl libmime-tools-perl libipc-run-perl"
    " libunicode-string-perl libnet-ldap-perl libio-socket-timeout-perl libemail-sender-perl"
    " libhash-merge-simple-perl libconvert-base32-perl libcrypt-openssl-bignum-perl"
    " libcrypt-jwt-perl libstring-random-perl"
)
_DEFAULTS = Path("/var/lib/lemonldap-ng/conf/lmConf-1.json")
_INI = """[all]
logLevel = error
checkTime = 1
[configuration]
type=File
dirName={folder}/conf
localStorage=Cache::FileCache
localStorageOptions={{ 'namespace' => 'c', 'default_expires_in' => 600, \
'directory_umask' => '007', 'cache_root' => '{folder}/cache', 'cache_depth' => 3 }}
[portal]
staticPrefix = /static
templateDir  = /usr/share/lemonldap-ng/portal/templates
languages    = en
"""
_APPLICATION = """use Plack::Builder; use Lemonldap::NG::Portal;
my $app = Lemonldap::NG::Portal->run({});
builder { sub { my $e = shift; $e->{SCRIPT_NAME} //= ''; $e->{REQUEST_URI} //= $e->{PATH_INFO};
  $app->($e) } };
"""


class Lemonldap(Running):
    """The portal under plackup; what changes is written to its configuration, then it restarts."""

    label = "LemonLDAP::NG"
    account = "dwho"
    groups = (*GROUPS, "timelords", "users")
    without: ClassVar = {"device": "no device grant", "any port": "registered addresses only"}
    _process: asyncio.subprocess.Process | None = None
    _allowed = "1"
    _first_group = '$uid eq "dwho"'

    @property
    def oidc(self) -> dict[str, Any]:
        return {
            "issuer": f"http://127.0.0.1:{self.port}/",
            "client_id": "bastion",
            "scopes": ["openid", "profile", "groups"],
            "userinfo_groups": self.only_userinfo,
        }

    async def start(self) -> None:
        for name in ("conf", "sessions/lock", "psessions/lock", "cache"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "lemonldap-ng.ini").write_text(_INI.format(folder=self.folder))
        (self.folder / "app.psgi").write_text(_APPLICATION)
        self._key = key_pair()
        await self._serve()

    async def stop(self) -> None:
        await ended(self._process)

    async def sign_in(self, browser, url):
        typed = {"user": self.account, "password": self.account} if self.types else {}
        return await follow(browser, url, typed, until=self.callback)

    async def take_group(self):
        self._first_group = "0"
        await self._restart()

    async def take_person(self):
        """Its demo accounts are fixed; what an administrator can take is the application."""
        self._allowed = '$uid ne "dwho"'
        await self._restart()

    async def change_keys(self):
        """A new key by the old name, as an administrator does who replaces the files."""
        self._key = key_pair()
        await self._restart()

    async def _restart(self) -> None:
        await self.stop()
        await self._serve()

    async def _serve(self) -> None:
        plackup = require("plackup", PACKAGES)
        self._configure()
        with (self.folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(plackup, "-s", "HTTP::Server::PSGI", "--host", "127.0.0.1"),
                *("--port", str(self.port), str(self.folder / "app.psgi")),
                env={**os.environ, "LLNG_DEFAULTCONFFILE": f"{self.folder}/lemonldap-ng.ini"},
                stdout=log,
                stderr=log,
            )
        async with plain_http() as http:
            url = f"http://127.0.0.1:{self.port}/.well-known/openid-configuration"

            async def answers() -> bool:
                try:
                    answer = await http.get(url)
                except httpx.TransportError:
                    return False  # it does not listen yet
                if not answer.is_success:
                    pytest.fail(f"{self._complaint()}\nrun as root: apt-get install {PACKAGES}")
                return True

            await until_answered(answers)

    def _configure(self) -> None:
        if not _DEFAULTS.exists():
            pytest.fail(f"LemonLDAP::NG is missing; run as root: apt-get install {PACKAGES}")
        tree = json.loads(_DEFAULTS.read_text()) | self._settings()
        (self.folder / "conf" / "lmConf-1.json").write_text(json.dumps(tree))

    def _complaint(self) -> str:
        """The first error in its log: mostly a module of Perl that is missing."""
        lines = (self.folder / "log").read_text().splitlines()
        return next((line for line in lines if "[error]" in line), "it does not serve")

    def _settings(self) -> dict[str, Any]:
        """What differs from the defaults."""
        folder, portal = str(self.folder), f"http://127.0.0.1:{self.port}/"
        private, public = self._key
        options = {
            "ClientID": "bastion",
            "Public": 1,
            "RequirePKCE": 1,
            "IDTokenSignAlg": "RS256",
            "RedirectUris": self.callback,
            "BypassConsent": 1,
            "IDTokenForceClaims": 0 if self.only_userinfo else 1,
            "IDTokenExpiration": 300,
            "AccessTokenExpiration": 300,
            "Rule": self._allowed,
        }
        return {
            "portal": portal,
            "domain": "127.0.0.1",
            "securedCookie": 0,
            "authentication": "Demo",
            "userDB": "Same",
            "cookieName": "lemonldap",
            "requireToken": 0,
            "loginHistoryEnabled": 0,
            "globalStorageOptions": {
                "Directory": f"{folder}/sessions",
                "LockDirectory": f"{folder}/sessions/lock",
                "generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256",
            },
            "persistentStorageOptions": {
                "Directory": f"{folder}/psessions",
                "LockDirectory": f"{folder}/psessions/lock",
            },
            "localSessionStorageOptions": {
                "cache_depth": 3,
                "cache_root": f"{folder}/cache",
                "default_expires_in": 600,
                "directory_umask": "007",
                "namespace": "s",
            },
            "issuerDBOpenIDConnectActivation": 1,
            "issuerDBOpenIDConnectPath": "^/oauth2/",
            "oidcServicePrivateKeySig": private,
            "oidcServicePublicKeySig": public,
            "oidcServiceKeyIdSig": "k1",
            "oidcServiceMetaDataIssuer": portal,
            "oidcServiceAllowAuthorizationCodeFlow": 1,
            "groups": {"gpu-admins": self._first_group, "ml-eng": "1"},
            "oidcRPMetaDataOptions": {
                "bastion": {f"oidcRPMetaDataOptions{name}": kept for name, kept in options.items()}
            },
            "oidcRPMetaDataExportedVars": {
                "bastion": {
                    "name": "cn",
                    "preferred_username": "uid",
                    "groups": "groups;string;always",
                }
            },
            "oidcRPMetaDataOptionsExtraClaims": {"bastion": {"groups": "groups"}},
        }
