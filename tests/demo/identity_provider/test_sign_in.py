"""The sign-in pages refuse what a person should not be asked, and whoever has no password."""

from dataclasses import dataclass

import httpx
import pytest
from starlette.applications import Starlette

from bastion.demo.identity_provider.app import create_app
from bastion.demo.identity_provider.secrets_folder import prepare
from bastion.demo.identity_provider.sign_in import CODE_SECONDS
from bastion.oidc.code_flow import challenge
from tests.demo.identity_provider.conftest import WEB
from tests.servers.identity import CALLBACK

VERIFIER = "v" * 43
GOOD = {
    "response_type": "code",
    "client_id": "bastion",
    "redirect_uri": CALLBACK,
    "scope": "openid profile groups",
    "state": "s1",
    "nonce": "n1",
    "code_challenge": challenge(VERIFIER),
    "code_challenge_method": "S256",
}


@dataclass(frozen=True)
class Served:
    """A provider served in this process, without a socket: there are many cases here."""

    issuer: str
    password: str
    app: Starlette


@pytest.fixture
def idp(tmp_path, clock):
    secrets, issuer = prepare(tmp_path), "http://127.0.0.1:9100"
    app = create_app(secrets, issuer=issuer, redirect_uris=[WEB], clock=clock)
    return Served(issuer, secrets.password, app)


@pytest.fixture
async def http(idp):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(idp.app)) as client:
        yield client


@pytest.fixture
def ask(idp, http):
    """Open the sign-in page, with changes to a good request."""

    async def send(**changes):
        return await http.get(f"{idp.issuer}/authorize", params={**GOOD, **changes})

    return send


@pytest.fixture
def answer(idp, post, ask):
    """Answer the sign-in page of a new request."""

    async def send(**fields):
        page = (await ask()).text
        name = page.split('name="request" value="')[1].split('"')[0]
        given = {"account": "engineer", "password": idp.password, "decision": "allow"}
        return await post("/authorize", request=name, **{**given, **fields}), name

    return send


def redirected(answer: httpx.Response) -> httpx.QueryParams:
    assert answer.status_code == 303
    return httpx.URL(answer.headers["location"]).params


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "other"},
        {"client_id": ""},
        {"redirect_uri": ""},
        {"redirect_uri": "https://evil.test/"},
        {"redirect_uri": "https://bastion.test/signed-in/../x"},
        {"redirect_uri": "http://127.0.0.1.evil.test:1/"},
        {"redirect_uri": "http://127.0.0.1:1@evil.test/"},
        {"redirect_uri": "http://192.0.2.1:1/callback"},
        {"redirect_uri": CALLBACK + "; script-src *"},
        {"redirect_uri": CALLBACK + "#x"},
    ],
)
async def test_an_unknown_destination_is_only_told_on_a_page(ask, changes):
    """Nobody is redirected to an address that is not registered."""
    told = await ask(**changes)
    assert told.status_code == 400
    assert "location" not in told.headers
    assert "; script-src *" not in told.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"nonce": "n" * 501}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_a_bad_request_is_told_to_the_application(idp, ask, changes, error):
    """With its state, so that it knows which attempt failed."""
    told = redirected(await ask(**changes))
    assert (told["error"], told["state"], told["iss"]) == (error, "s1", idp.issuer)


async def test_a_parameter_given_twice_is_refused(idp, http):
    """Which of the two would count is not a question to leave open."""
    url = httpx.URL(f"{idp.issuer}/authorize", params=[*GOOD.items(), ("client_id", "other")])
    assert (await http.get(url)).status_code == 400


async def test_a_sign_in_is_answered_once(answer, post, idp):
    """The same page, sent again, gives nothing."""
    first, name = await answer()
    assert redirected(first)["code"]
    fields = {"account": "engineer", "password": idp.password, "decision": "allow"}
    assert (await post("/authorize", request=name, **fields)).status_code == 400


async def test_denying_tells_the_application(answer):
    """Also without a password."""
    told, _ = await answer(decision="deny", password="", account="")
    assert redirected(told)["error"] == "access_denied"


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "wrong"},
        {"password": ""},
        {"account": "root"},
        {"account": "<script>alert(1)</script>"},
    ],
)
async def test_without_the_password_there_is_no_code(answer, fields):
    """The person stays on the page, which may be tried again."""
    told, name = await answer(**fields)
    assert told.status_code == 403
    assert "do not fit" in told.text
    assert f'value="{name}"' in told.text
    assert "<script>" not in told.text


async def test_wrong_tries_close_the_account_for_a_while(answer, clock):
    """Then even the right password waits; another account does not."""
    for _ in range(3):
        await answer(password="wrong")
    told, _ = await answer()
    assert "Try again in 1 s." in told.text
    assert redirected((await answer(account="security"))[0])["code"]
    clock.advance(1)
    assert redirected((await answer())[0])["code"]


@pytest.fixture
def redeem(answer, post):
    """Sign in and redeem the code, with changes to a good form."""

    async def send(**changes):
        code = redirected((await answer())[0])["code"]
        form = {
            "grant_type": "authorization_code",
            "client_id": "bastion",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return await post("/token", **{**form, **changes}), form

    return send


async def test_a_code_is_redeemed_once(redeem, post):
    """With an ID token, and an access token for userinfo."""
    told, form = await redeem()
    assert told.status_code == 200
    assert told.headers["cache-control"] == "no-store"
    assert set(told.json()) >= {"id_token", "access_token", "expires_in"}
    assert (await post("/token", **form)).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:33334/callback"}, "invalid_grant"),
        ({"code": "made-up"}, "invalid_grant"),
        ({"client_id": "other"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
async def test_a_code_is_bound_to_its_request(redeem, changes, error):
    """To the verifier, the redirect URI and the client."""
    told, _ = await redeem(**changes)
    assert told.json() == {"error": error}


async def test_a_wrong_try_spends_the_code(redeem, post):
    """Whoever stole a code cannot guess on."""
    _, form = await redeem(code_verifier="w" * 43)
    assert (await post("/token", **form)).json() == {"error": "invalid_grant"}


async def test_a_code_is_short_lived(answer, post, clock):
    """A minute, by the clock."""
    code = redirected((await answer())[0])["code"]
    clock.advance(CODE_SECONDS)
    form = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    told = await post("/token", grant_type="authorization_code", client_id="bastion", **form)
    assert told.json() == {"error": "invalid_grant"}


async def test_userinfo_opens_with_the_access_token(redeem, idp, http, clock):
    """For as long as the token lives, and with nothing else."""
    bearer = (await redeem())[0].json()["access_token"]

    async def info(value):
        return await http.get(f"{idp.issuer}/userinfo", headers={"authorization": value})

    assert (await info(f"Bearer {bearer}")).json() == {
        "sub": "demo-engineer",
        "preferred_username": "engineer",
        "name": "Erin Engineer",
        "groups": ["engineers"],
    }
    assert (await info(bearer)).status_code == 401
    assert (await info("Bearer x")).status_code == 401
    clock.advance(300)
    assert (await info(f"Bearer {bearer}")).status_code == 401


async def test_a_form_has_a_limit(idp, http, post):
    """Also where its length is not announced."""

    async def endless():
        for _ in range(100):
            yield b"a" * 1000

    told = await http.post(f"{idp.issuer}/token", content=endless())
    assert told.status_code == 413
    assert (await post("/token", **{f"f{at}": "" for at in range(30)})).status_code == 400
    assert (await http.post(f"{idp.issuer}/token", content=b"a=1&a=2")).status_code == 400


async def test_the_device_page_takes_a_code_however_it_is_typed(post, idp, http):
    """Lower case, spaces, no dash; an unknown one is told so."""
    started = await post("/device_authorization", client_id="bastion", scope="openid")
    code = started.json()["user_code"]
    typed = code.lower().replace("-", " ")
    page = await http.get(f"{idp.issuer}/device", params={"user_code": typed})
    assert code in page.text
    assert "Enter the code" in (await http.get(f"{idp.issuer}/device")).text
    for unknown in ("BBBB-BBBB", "<script>", "\x00"):
        told = await http.get(f"{idp.issuer}/device", params={"user_code": unknown})
        assert told.status_code == 404
        assert "<script>" not in told.text


async def test_a_wrong_password_lets_no_terminal_in(post):
    """The request stays open for another try."""
    started = (await post("/device_authorization", client_id="bastion", scope="openid")).json()
    fields = {"user_code": started["user_code"], "account": "engineer", "decision": "allow"}
    assert (await post("/device", **fields, password="wrong")).status_code == 403
    assert (await post("/device", **{**fields, "user_code": "x"})).status_code == 404


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"client_id": "other", "scope": "openid"}, "invalid_client"),
        ({"client_id": "bastion", "scope": "profile"}, "invalid_scope"),
        ({}, "invalid_client"),
    ],
)
async def test_a_device_code_is_for_our_client(post, fields, error):
    """And for OpenID Connect."""
    assert (await post("/device_authorization", **fields)).json() == {"error": error}
