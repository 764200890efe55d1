"""What guards every page."""

import asyncio
import re
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.requests import Request
from starlette.routing import Route

from bastion.config import Web
from bastion.web.app import create_app
from bastion.web.pages import Pages
from bastion.web.security import MAX_BODY_BYTES, is_same_origin, origin_of
from tests.servers.identity import settings_for
from tests.servers.plain_http import plain_http
from tests.web.conftest import Forms, serving

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def check_headers(answer):
    """The headers that every answer must have."""
    headers = answer.headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


async def test_every_answer_is_guarded(browser, approver, site):
    """Pages, redirects, refusals, the API, files, and what is not there."""
    row = site.ask()
    answers = [
        await browser.open("/"),
        await browser.open("/login"),
        await browser.open("/login/callback"),
        await browser.open("/nothing"),
        await browser.open("/healthz"),
        await browser.open("/static/style.css"),
        await browser.open("/static/nothing"),
        await browser.open("/.well-known/bastion"),
        await browser.http.post("/api/certificates", content=b"{"),
        await browser.http.delete("/approvals"),
        await browser.http.get("/", headers={"Host": "evil.test"}),
        await browser.http.post("/logout", content=b"x" * (MAX_BODY_BYTES + 1)),
        await approver.open("/approvals"),
        await approver.open(site.path(row)),
        await approver.send(site.path(row), decision="deny", reason=""),
        await approver.send(site.path(row), decision="approve"),
    ]
    await site.break_store()
    answers.append(await approver.open(site.path(row)))
    for answer in answers:
        check_headers(answer)
    statuses = [answer.status_code for answer in answers]
    assert statuses == [
        *(303, 303, 400, 404, 200, 200, 404, 200, 400, 405, 400, 413, 200, 200, 422, 303, 503)
    ]


async def test_no_page_holds_a_script_or_an_inline_style(approver, browser, site):
    """So that the policy can forbid them."""
    row = site.ask()
    for page in (
        await approver.open("/approvals"),
        await approver.open(site.path(row)),
        await browser.open("/nothing"),
    ):
        assert not re.search(r"<script|\son\w+=|\sstyle=|javascript:", page.text)


@pytest.mark.parametrize(
    "changes",
    [
        {"form": None},
        {"form": ""},
        {"form": "x" * 32},
        {"form": "é"},
    ],
)
async def test_a_form_without_our_token_decides_nothing(approver, site, changes):
    """Missing or made up (CSRF)."""
    row = site.ask()
    answer = await approver.send(site.path(row), decision="approve", **changes)
    assert answer.status_code == 403
    assert site.request(row).state == "pending"


async def test_another_session_s_token_decides_nothing(approver, engineer, site):
    """The requester's own token, sent by the approver's browser."""
    row = site.ask()
    theirs = Forms((await engineer.open("/approvals")).text).forms["/logout"]["form"]
    answer = await approver.send(site.path(row), decision="approve", form=theirs)
    assert answer.status_code == 403
    assert site.request(row).state == "pending"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1.evil.test"},
        {"Origin": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Sec_Fetch_Site": ""},
    ],
)
async def test_a_form_of_another_site_decides_nothing(approver, site, headers):
    """Even with our token: another port of this machine is another site too."""
    row = site.ask()
    fields = Forms((await approver.open(site.path(row))).text).forms[site.path(row)]
    answer = await approver.post(site.path(row), {**fields, "decision": "approve"}, **headers)
    assert answer.status_code == 403
    assert site.request(row).state == "pending"


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "", "multipart/form-data"])
async def test_a_body_that_is_no_form_decides_nothing(approver, site, kind):
    """What a script of another site could send without asking."""
    row = site.ask()
    fields = Forms((await approver.open(site.path(row))).text).forms[site.path(row)]
    content = f"form={fields['form']}&decision=approve".encode()
    headers = {"Content-Type": kind, "Origin": site.url}
    answer = await approver.http.post(site.path(row), content=content, headers=headers)
    assert answer.status_code in {400, 403}
    assert site.request(row).state == "pending"


async def test_files_in_a_form_decide_nothing(approver, site):
    """Upload fields in place of text."""
    row = site.ask()
    fields = Forms((await approver.open(site.path(row))).text).forms[site.path(row)]
    files = {"decision": ("x", b"approve"), "form": ("x", fields["form"].encode())}
    headers = {"Origin": site.url}
    answer = await approver.http.post(site.path(row), files=files, headers=headers)
    assert answer.status_code == 400
    assert site.request(row).state == "pending"


@pytest.mark.parametrize(
    "host", ["evil.test", "127.0.0.1.evil.test", "", "localhost", "[::1]", "x:y"]
)
async def test_another_host_name_is_refused(approver, site, host):
    """A page of evil.test whose name was rebound to our address."""
    row = site.ask()
    answer = await approver.http.get(site.path(row), headers={"Host": host})
    assert answer.status_code == 400
    assert "rm -rf" not in answer.text


async def test_forwarded_headers_change_nothing(browser, site):
    """Nobody but the configuration says how we are called."""
    headers = {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https", "Forwarded": "host=e"}
    answer = await browser.http.get("/login", headers=headers)
    assert "evil.test" not in answer.headers["location"]
    assert "secure" not in answer.headers["set-cookie"].lower()
    assert "strict-transport-security" not in answer.headers
    slash = await browser.http.get("/approvals/", headers={**headers, "Host": site.address[7:]})
    assert "evil.test" not in slash.headers.get("location", "")


async def raw(site, head: str, *chunks: bytes) -> bytes:
    """What comes back for bytes as they are."""
    parts = urlsplit(site.address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(head.replace("\n", "\r\n").format(host=parts.netloc).encode())
    try:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


CHUNKED = (
    "POST {path} HTTP/1.1\nHost: {{host}}\nTransfer-Encoding: chunked\nConnection: close\n"
    "Content-Type: {kind}\n\n"
)
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/logout", FORM), ("/approvals/x", FORM), ("/api/certificates", "application/json")],
)
async def test_a_body_that_grows_too_large_is_refused(site, path, kind):
    """Sent in chunks, so that its size is not announced."""
    chunk = b"%x\r\n" % 16384 + b"x" * 16384 + b"\r\n"
    answer = await raw(site, CHUNKED.format(path=path, kind=kind), *[chunk] * 5, b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"content-security-policy" in answer


async def test_a_body_that_is_announced_too_large_is_not_read(site):
    """The answer comes before the body."""
    head = "POST /logout HTTP/1.1\nHost: {host}\nConnection: close\n"
    head += f"Content-Length: {MAX_BODY_BYTES + 1}\n\n"
    assert (await raw(site, head)).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("length", ["-1", "x", "9" * 5000, "1, 2"])
async def test_a_length_that_is_none_is_refused(site, length):
    """Without an error of ours."""
    head = f"POST /logout HTTP/1.1\nHost: {{host}}\nConnection: close\nContent-Length: {length}\n\n"
    assert (await raw(site, head)).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 "))


async def test_a_body_at_the_limit_is_read(browser):
    """And then it is our form, or not."""
    headers = {"Content-Type": FORM}
    answer = await browser.http.post("/logout", content=b"x" * MAX_BODY_BYTES, headers=headers)
    assert answer.status_code == 403


async def test_whoever_hangs_up_is_no_error(site, browser, capsys):
    """Half a body and gone: nothing is logged as a failure of ours."""
    parts = urlsplit(site.address)
    _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"POST /logout HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: {FORM}\r\n"
    writer.write(f"{head}Content-Length: 100\r\n\r\nform=".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await browser.open("/healthz")).status_code == 200
    assert "a page failed" not in capsys.readouterr().out


async def test_the_cookie_is_guarded(browser):
    """Not for scripts, not for other sites' forms, of this host and for a limited time."""
    cookie = (await browser.open("/login")).headers["set-cookie"].lower()
    assert cookie.startswith("bastion=")
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert parts == {"path=/", "max-age=3600", "httponly", "samesite=lax"}


async def test_over_https_the_cookie_is_bound_to_it(tmp_path, clock, idp, outside):
    """Secure, with the __Host- prefix; HSTS on every answer."""
    web = {"url": "https://bastion.example"}
    async with (
        serving(tmp_path, clock, settings_for(idp), outside, **web) as site,
        plain_http(base_url=site.address, headers={"Host": "bastion.example"}) as http,
    ):
        answer = await http.get("/login")
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-bastion=")
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert parts == {"path=/", "max-age=3600", "httponly", "samesite=lax", "secure"}


@pytest.mark.parametrize("change", ["cut", "other", "none"])
async def test_a_forged_cookie_is_no_session(approver, change):
    """Its contents can be read; without our key they cannot be changed."""
    value = approver.http.cookies["bastion"]
    body, *tail = value.split(".")
    forged = {"cut": body, "other": ".".join([body[:-4] + "AAAA", *tail]), "none": ""}[change]
    approver.http.cookies.clear()
    answer = await approver.http.get("/approvals", headers={"Cookie": f"bastion={forged}"})
    assert answer.status_code == 303


async def test_an_error_that_nobody_expected_shows_no_cause(capsys):
    """The log has it, without the link; the page is guarded as every other."""

    async def broken(_request):
        raise RuntimeError("the cause")

    routes = [Route(path, broken) for path in ("/approvals/{token}", "/api/x")]
    app = create_app(Web(url="http://127.0.0.1"), b"s" * 32, Pages(), routes)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        page, api = await http.get("/approvals/TOKEN"), await http.get("/api/x")
    for answer in (page, api):
        assert answer.status_code == 500
        assert "the cause" not in answer.text
        check_headers(answer)
    assert api.json()["code"] == "internal"
    logged = capsys.readouterr().out
    assert "the cause" in logged
    assert "TOKEN" not in logged


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Bastion.Example", "https://bastion.example"),
        ("https://bastion.example:443", "https://bastion.example"),
        ("https://bastion.example:8443/", "https://bastion.example:8443"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://x:443", "http://x:443"),
    ],
)
def test_an_origin_is_written_as_browsers_do(url, origin):
    """However the configuration writes it."""
    assert origin_of(url) == origin
    scope = {"type": "http", "headers": [(b"origin", origin.encode())]}
    assert is_same_origin(Request(scope), url)


@pytest.mark.usefixtures("approver")
async def test_other_browsers_do_not_share_a_session(new_browser):
    """A cookie is all there is."""
    other = await new_browser()
    assert (await other.open("/approvals")).status_code == 303
