"""Logging in where there are several issuers, and as a job with a token of its own."""

import asyncio
import json
import time
from urllib.parse import parse_qsl, urlencode, urlsplit

import asyncssh
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from bastion.ca.certificate import facts
from bastion.client.folder import Folder
from bastion.client.server import Server
from bastion.errors import ClientError
from tests.oidc.conftest import jwk
from tests.servers.api import bastion_api, serving
from tests.servers.deployment import run
from tests.servers.identity import demo_provider
from tests.servers.program import bastion

CI_KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
async def ci():
    """A CI service's issuer; its URL."""
    at = {}

    async def tell(_request):
        names = ("authorization_endpoint", "token_endpoint")
        document = dict.fromkeys(names, f"{at['url']}/none")
        return JSONResponse({**document, "issuer": at["url"], "jwks_uri": f"{at['url']}/jwks"})

    async def keys(_request):
        return JSONResponse({"keys": [jwk(CI_KEY, "ci-1")]})

    app = Starlette(routes=[Route("/.well-known/openid-configuration", tell), Route("/jwks", keys)])
    async with serving(app) as url:
        at["url"] = url
        yield url


@pytest.fixture
async def partners(tmp_path):
    async with demo_provider(tmp_path / "partners") as provider:
        yield provider


@pytest.fixture
async def api(tmp_path, idp, http, partners, ci):
    """A bastion for our own people, a partner's, and one repository's main branch."""
    more = {"name": "partners", "issuer": partners.issuer, "client_id": partners.client_id}
    rule = {
        "name": "deploy",
        "issuer": ci,
        "audience": "bastion-ci",
        "claims": {"repository": "acme/infra", "ref": "refs/heads/main"},
        "account": "ci",
        "groups": ["deployers"],
        "lifetime_seconds": 600,
    }
    folder = tmp_path / "bastion"
    folder.mkdir()
    async with bastion_api(folder, idp, http, oidc={"more": [more]}, workload=[rule]) as running:
        yield running


def token(ci, **changes):
    """What the CI service gives a job, as GitHub does."""
    now = int(time.time())
    claims = {
        "iss": ci,
        "aud": "bastion-ci",
        "sub": "repo:acme/infra:ref:refs/heads/main",
        "iat": now,
        "nbf": now - 5,
        "exp": now + 300,
        "repository": "acme/infra",
        "ref": "refs/heads/main",
        "run_id": "42",
    }
    return jwt.encode(claims | changes, CI_KEY, algorithm="ES256", headers={"kid": "ci-1"})


async def test_people_of_every_issuer_log_in(api, folder, partners):
    """By the name or the URL of theirs, and are not taken for our own."""
    ours = (await api.log_in(folder)).granted
    api.idp = partners
    for issuer in ("partners", partners.issuer):
        theirs = (await api.log_in(folder, issuer=issuer, browser=True)).granted
        assert theirs.subject == f"partners:{ours.subject}"
        assert theirs.principals == ("partners:engineer",)
        assert set(theirs.groups) == {f"partners:{group}" for group in ours.groups}
    config = folder.ssh_config.read_text()
    ran = await run("ssh", "-F", str(folder.ssh_config), "-G", "bastion")
    assert "user partners:engineer" in ran.out.decode(), config


async def test_each_issuer_sends_people_back_to_an_address_of_its_own(api, folder):
    """And who comes to the other one's is not taken for an answer.

    Mix-up: the issuer that was asked sends the browser on to another, to get that one's code.
    """
    sent = []

    def browser(url):
        asked = dict(parse_qsl(urlsplit(url).query))
        sent.append(asked["redirect_uri"])
        mixed = asked["redirect_uri"].replace("/callback/partners", "/callback")
        answers.append(asyncio.create_task(api.http.get(f"{mixed}?state={asked['state']}&code=x")))
        wrong = {"state": asked["state"], "code": "x", "iss": api.idp.issuer}
        later = f"{asked['redirect_uri']}?{urlencode(wrong)}"
        answers.append(asyncio.create_task(api.http.get(later)))

    answers = []
    with pytest.raises(ClientError, match="another identity provider answered"):
        await api.browse(folder, browser, issuer="partners")
    mixed, _ = await asyncio.gather(*answers)
    assert mixed.status_code == 404
    assert urlsplit(sent[0]).path == "/callback/partners"
    assert not folder.root.exists()


async def test_an_issuer_that_the_bastion_does_not_know_is_a_sentence(api, folder):
    """It names those that there are."""
    with pytest.raises(ClientError, match=r"it knows: .*, partners"):
        await api.log_in(folder, issuer="other")


async def test_what_is_told_about_issuers_is_understood(api, http, partners):
    """The first without a name; the others as configured."""
    about = await Server(api.url, http).about()
    assert [found.name for found in about.issuers] == ["", "partners"]
    assert about.issuer_called("").issuer == api.idp.issuer
    assert about.issuer_called("partners").issuer == partners.issuer


async def test_a_job_logs_in_with_its_own_token(api, folder, ci):
    """Account, groups and life are the rule's; what the token says is in the certificate."""
    granted = (await api.log_in(folder, id_token=token(ci))).granted
    assert granted.subject == "deploy:repo:acme/infra:ref:refs/heads/main"
    assert (granted.principals, granted.groups) == (("ci",), ("deployers",))
    assert granted.valid_before <= time.time() + 600
    statement = facts(asyncssh.import_certificate(granted.certificate)).statement
    assert statement.issuer == ci
    assert statement.evidence.claims == {"repository": "acme/infra", "ref": "refs/heads/main"}
    entries = await api.store.run(lambda store: store.audit.entries(0, 9))
    assert entries[-1].detail["workload"] == "deploy"
    assert entries[-1].detail["issuer"] == ci


async def test_a_job_of_another_repository_does_not(api, folder, ci):
    """No rule, no certificate; the audit log says for whom."""
    with pytest.raises(ClientError, match="token-refused"):
        await api.log_in(folder, id_token=token(ci, repository="evil/infra", sub="repo:evil"))
    (entry,) = await api.store.run(lambda store: store.audit.entries(0, 9))
    assert entry.detail["cause"] == "no workload rule matches the token of 'repo:evil'"


async def test_a_job_s_token_is_used_once(api, folder, ci):
    """As anybody's."""
    same = token(ci)
    await api.log_in(folder, id_token=same)
    with pytest.raises(ClientError, match="token-replayed"):
        await api.log_in(folder, id_token=same)


async def test_the_command_line_takes_a_token_from_a_file(api, tmp_path, ci):
    """Or from standard input; the token is nowhere afterwards."""
    login = ("login", "--server", api.url, "--dir")
    file = tmp_path / "token"
    file.write_text(token(ci) + "\n")
    ran = await bastion(*login, str(tmp_path / "c1"), "--token-file", str(file))
    assert (ran.status, b"Logged in as ci" in ran.err) == (0, True), ran.err
    piped = token(ci, jti="2")
    ran = await bastion(*login, str(tmp_path / "c2"), "--token-file", "-", input_=piped.encode())
    assert ran.status == 0, ran.err
    found = json.loads((await bastion("status", "--json", "--dir", f"{tmp_path}/c2")).out)
    assert found["groups"] == ["deployers"]
    for path in (tmp_path / "c2").iterdir():
        assert piped not in path.read_text()


@pytest.mark.parametrize("content", [None, "", "two words", "\u00e9", "a\x00b\n c"])
async def test_a_file_without_a_token_is_a_sentence(tmp_path, content):
    """Before anything is sent anywhere."""
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    ran = await bastion(
        *("login", "--server", "http://127.0.0.1:1"),
        *("--dir", str(tmp_path / "c"), "--token-file", str(file)),
    )
    assert ran.status == 1
    assert b"cannot be read as a token" in ran.err or b"holds no ID token" in ran.err


@pytest.mark.parametrize("wanted", [True, False])
async def test_the_access_token_goes_to_the_bastion_only_where_it_asks(
    tmp_path, idp, http, sent, wanted
):
    """It could do more than say who somebody is."""
    place, folder = tmp_path / "other", Folder(tmp_path / "client")
    place.mkdir()
    async with bastion_api(place, idp, http, oidc={"userinfo_groups": wanted}) as running:
        assert (await running.log_in(folder, browser=True)).granted.groups
    assert [bool(token) for _, token in sent] == [wanted]
