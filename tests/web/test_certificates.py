"""The client's API: what it tells, what it certifies, and what it refuses."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import secrets

import asyncssh
import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bastion.ca import keys
from bastion.ca.certificate import facts
from bastion.ca.issue import BACKDATE_SECONDS
from bastion.client.server import Server
from bastion.config import Oidc
from bastion.identity import Evidence
from bastion.web.certificates import _order
from tests.conftest import HandClock
from tests.oidc.conftest import (
    EC_KEY,
    ISSUER,
    OTHER_RSA_KEY,
    RSA_KEY,
    FakeIssuer,
    good_claims,
    signed,
)
from tests.servers.plain_http import plain_http
from tests.web.conftest import serving

KEY = asyncssh.generate_private_key("ssh-ed25519")
LINE = KEY.export_public_key().decode()


SHARED = pytest.mark.asyncio(loop_scope="module")
"""For a test of what is refused: all of them ask the same bastion, `many`, by `many_http`."""


@contextlib.asynccontextmanager
async def bastion(folder, clock):
    """A bastion whose provider's tokens the tests make themselves."""
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(FakeIssuer().app)) as provider,
        serving(folder, clock, Oidc(issuer=ISSUER, client_id="bastion"), provider) as running,
    ):
        yield running


@pytest.fixture
async def site(tmp_path, clock):
    async with bastion(tmp_path, clock) as running:
        yield running


@pytest.fixture
async def http(site):
    async with plain_http(base_url=site.address) as client:
        yield client


@pytest.fixture(scope="module")
async def many(tmp_path_factory):
    async with bastion(tmp_path_factory.mktemp("many"), HandClock()) as running:
        yield running


@pytest.fixture(scope="module")
async def many_http(many):
    async with plain_http(base_url=many.address) as client:
        yield client


@pytest.fixture
def claims(clock):
    """The claims of a good token."""
    return good_claims(clock.now(), groups=["leads", "engineers"])


async def order(http, token, public_key=LINE):
    return await http.post("/api/certificates", json={"id_token": token, "public_key": public_key})


async def test_the_client_understands_what_is_told(site, http):
    """Where to sign in, where to connect, and the CA of host certificates."""
    about = await Server(site.address, http).about()
    assert (about.issuer, about.client_id) == (ISSUER, "bastion")
    assert (about.ssh.host, about.ssh.port) == ("127.0.0.1", 2222)
    assert about.host_ca == keys.public_line(keys.load(site.state.host_ca))


async def test_a_login_becomes_a_certificate(site, http, claims, clock):
    """For this key, this account and these groups; kept and audited."""
    granted = await Server(site.address, http).certify(signed(claims), LINE)
    now = int(clock.now())
    assert (granted.subject, granted.principals) == ("248289761001", ("alice",))
    assert granted.valid_before == now + 8 * 3600
    certificate = asyncssh.import_certificate(granted.certificate)
    found = facts(certificate)
    assert (found.key_id, found.groups) == ("248289761001", {"engineers", "leads"})
    assert found.valid_after == now - BACKDATE_SECONDS
    assert certificate.key.public_data == KEY.public_data
    ca = keys.load(site.state.user_ca)
    assert certificate.signing_key.public_data == ca.public_data
    (row,) = site.view.certificates._database.query("SELECT * FROM certificates")
    assert (row["serial"], row["account"], row["address"]) == (found.serial, "alice", "127.0.0.1")
    (entry,) = site.view.audit.entries(0, 9)
    assert (entry.code, entry.subject) == ("certificate-issued", "248289761001")
    assert entry.detail["serial"] == found.serial


async def test_what_the_provider_said_is_in_the_certificate(site, http, claims, clock):
    """Issuer and evidence, for rules to ask for; the audit log names the issuer."""
    now = int(clock.now())
    claims |= {"auth_time": now - 60.5, "acr": "gold", "amr": ["otp", "pwd"]}
    granted = await Server(site.address, http).certify(signed(claims), LINE)
    statement = facts(asyncssh.import_certificate(granted.certificate)).statement
    assert statement.issuer == ISSUER
    assert statement.evidence == Evidence(now - 61, "gold", frozenset({"otp", "pwd"}))
    (entry,) = site.view.audit.entries(0, 9)
    assert entry.detail["issuer"] == ISSUER
    assert "workload" not in entry.detail


async def test_who_asks_for_it_gets_a_certificate_for_one_address(site, http, claims):
    """The one that the request comes from; without asking it is good from everywhere."""
    for pin_address, networks in ((True, ["127.0.0.1/32"]), (False, None)):
        token = signed(claims | {"jti": str(pin_address)})
        granted = await Server(site.address, http).certify(token, LINE, pin_address=pin_address)
        found = asyncssh.import_certificate(granted.certificate).options.get("source-address")
        assert (found and [str(network) for network in found]) == networks


@SHARED
@pytest.mark.parametrize("pin_address", [1, "true", None])
async def test_whether_to_pin_is_yes_or_no(many_http, claims, pin_address):
    """What is neither is no order, or a typing error would give less than was asked for."""
    body = {"id_token": signed(claims), "public_key": LINE, "pin_address": pin_address}
    answer = await many_http.post("/api/certificates", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "request-malformed")


@SHARED
@pytest.mark.parametrize("access_token", [7, None, ["x"], {}])
async def test_an_access_token_is_a_text(many_http, claims, access_token):
    """Or absent."""
    body = {"id_token": signed(claims), "public_key": LINE, "access_token": access_token}
    answer = await many_http.post("/api/certificates", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "request-malformed")


async def test_a_login_is_used_once(site, http, claims):
    """Also with another key, and with the signature spelled another way."""
    token = signed(claims)
    assert (await order(http, token)).status_code == 200
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    for again in (token, signed(claims)):
        answer = await order(http, again, other)
        assert (answer.status_code, answer.json()["code"]) == (409, "token-replayed")
    assert site.audited() == ["certificate-issued", *["certificate-refused"] * 2]


async def test_of_two_at_once_one_is_certified(http, claims):
    """The store decides."""
    token = signed(claims)
    answers = await asyncio.gather(*[order(http, token) for _ in range(5)])
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]


@SHARED
@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": None},
        {"iss": "https://evil.test"},
        {"iss": ISSUER + "/"},
        {"exp": 1_799_999_000},
        {"iat": 1_799_990_000},
        {"iat": 1_800_000_900},
        {"sub": ""},
        {"sub": "x\n"},
        {"preferred_username": "alice,root"},
        {"preferred_username": "-oProxyCommand=x"},
        {"groups": ["a,b"]},
    ],
)
async def test_a_token_that_is_not_for_us_is_refused(many, many_http, claims, changes):
    """401, nothing issued, and the cause is in the audit log alone."""
    before = len(many.audited())
    answer = await order(many_http, signed(claims | changes))
    assert (answer.status_code, answer.json()["code"]) == (401, "token-refused")
    assert set(answer.json()) == {"code", "sentence", "next_step"}
    assert many.audited()[before:] == ["certificate-refused"]
    assert many.view.audit.entries(before, 1)[0].detail["cause"] not in answer.text


def unsigned(claims, **header):
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    head = {"alg": "none", "typ": "JWT", "kid": "rsa-1", **header}
    return f"{part(json.dumps(head).encode())}.{part(json.dumps(claims).encode())}."


def public_pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def by_public_key(claims):
    """HS256 with the provider's public key as the secret; pyjwt itself would not make it."""
    body = unsigned(claims, alg="HS256").rstrip(".")
    mac = hmac.new(public_pem(RSA_KEY), body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@SHARED
@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        lambda claims: unsigned(claims, alg="NONE"),
        by_public_key,
        lambda claims: signed(claims, OTHER_RSA_KEY),
        lambda claims: signed(claims, EC_KEY, "ES256"),
        lambda claims: signed(claims)[:-8] + "AAAAAAAA",
        lambda claims: signed(claims, kid="../../x"),
        lambda claims: signed(claims, typ="at+jwt"),
        lambda _claims: "",
        lambda _claims: "a.b.c",
        lambda _claims: "\x00" * 10,
        lambda _claims: "x" * 40_000,
    ],
)
async def test_a_forged_token_is_refused(many, many_http, claims, forge):
    """Unsigned, signed by others, signed with what everybody knows, or no token at all."""
    before = len(many.audited())
    answer = await order(many_http, forge(claims))
    assert (answer.status_code, answer.json()["code"]) == (401, "token-refused")
    assert many.audited()[before:] == ["certificate-refused"]


async def test_a_token_of_surrogates_is_refused(http):
    """JSON can say what UTF-8 cannot."""
    body = b'{"id_token": "\\ud800.\\udfff.x", "public_key": "\\ud800"}'
    assert (await http.post("/api/certificates", content=body)).status_code == 401


WEAK = asyncssh.generate_private_key("ssh-rsa", key_size=2048)


def key_lines():
    blob = LINE.split()[1]
    return [
        WEAK.export_public_key().decode(),
        "ssh-dss AAAA",
        KEY.export_public_key("pkcs8-pem").decode(),
        f"{LINE}{LINE}",
        "",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        f"ssh-rsa {blob}",
        f"{blob}",
        KEY.export_private_key().decode(),
        "\x00",
        "é" * 100,
        "\ud800",
        "ssh-ed25519 " + "A" * 20_000,
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
    ]


@SHARED
@pytest.mark.parametrize("line", key_lines(), ids=lambda line: ascii(line[:24]))
async def test_a_weak_or_odd_key_is_refused(many, many_http, claims, line):
    """422, and the login is not used up: the person can come back with a good key."""
    token, before = signed(claims | {"jti": secrets.token_hex()}), len(many.audited())
    body = json.dumps({"id_token": token, "public_key": line})
    answer = await many_http.post("/api/certificates", content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "key-refused")
    assert many.audited()[before:] == ["certificate-refused"]
    assert (await order(many_http, token)).status_code == 200


@SHARED
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b'{"id_token": "x"}',
        b'{"id_token": 1, "public_key": "x"}',
        b'{"id_token": "x", "public_key": ["x"]}',
        b"\xff\xfe",
        b"[" * 50_000,
        b"9" * 60_000,
        b"id_token=x&public_key=x",
    ],
    ids=lambda body: ascii(body[:24]),
)
async def test_what_cannot_be_read_is_refused(many_http, body):
    """As JSON with a code, like every refusal."""
    answer = await many_http.post("/api/certificates", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "request-malformed")


@given(st.binary(max_size=200))
@hypothesis_settings(suppress_health_check=[HealthCheck.too_slow])
def test_no_body_is_an_error(body):
    """Whatever is sent: an order, or none."""
    found = _order(body)
    assert found is None or isinstance(found.id_token, str)


async def test_without_a_store_nothing_is_issued(site, http, claims):
    """503, with no certificate in the answer."""
    await site.break_store()
    answer = await order(http, signed(claims))
    assert (answer.status_code, answer.json()["code"]) == (503, "store-unavailable")
    assert "cert-v01" not in answer.text
    refused = await order(http, "rubbish")
    assert refused.status_code == 503


async def test_without_an_audit_log_nothing_is_issued(site, http, claims):
    """The row alone is not enough."""
    site.view.audit._database.execute(
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    answer = await order(http, signed(claims))
    assert (answer.status_code, answer.json()["code"]) == (503, "store-unavailable")
    assert "cert-v01" not in answer.text


@SHARED
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_orders_are_posts(many_http, method):
    """And the refusal of anything else is JSON too."""
    answer = await many_http.request(method, "/api/certificates")
    assert answer.status_code == 405
    assert answer.json() == {"sentence": "Method Not Allowed"}


async def test_an_address_below_api_that_is_not_there(http):
    """JSON as well."""
    assert (await http.get("/api/nothing")).json() == {"sentence": "Not Found"}


@pytest.mark.parametrize(
    ("kind", "value"), [("user", "alice"), ("user", "248289761001"), ("group", "leads")]
)
async def test_who_is_locked_gets_no_certificate(site, http, claims, kind, value):
    """The audit log says which lock; the token is not used up by it."""
    lock, token = site.lock(kind, value), signed(claims)
    answer = await order(http, token)
    assert (answer.status_code, answer.json()["code"]) == (403, "locked")
    assert "cert-v01" not in answer.text
    (entry,) = site.view.audit.entries(0, 10)
    assert (entry.code, entry.subject) == ("certificate-refused", "248289761001")
    assert lock.id in entry.detail["cause"]
    site.view.locks.lift(lock.id, site.clock.now(), "ops")
    assert (await order(http, token)).status_code == 200
