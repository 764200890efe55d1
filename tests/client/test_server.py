"""The bastion's API as the client sees it: what a hostile server cannot make us believe."""

import asyncio
import gzip
import json

import httpx
import pytest
from starlette.responses import StreamingResponse

from bastion.client import server as module
from bastion.client.server import About, Server, checked_url, is_account
from bastion.errors import ClientError
from tests.client.conftest import text


@pytest.mark.parametrize(
    "url",
    [
        "https://bastion.example.com",
        "https://bastion.example.com:8443/ssh",
        "http://127.0.0.1:8080",
        "http://localhost:8080",
        "http://[::1]:8080",
    ],
)
def test_urls_over_tls_or_loopback_are_taken(url):
    """A slash at the end makes no difference."""
    assert checked_url(url + "/") == url


@pytest.mark.parametrize(
    "url",
    [
        "http://bastion.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://localhost@example.com",
        "http://localhost:80@example.com",
        "http://example.com\\@localhost",
        "http://192.0.2.1",
        "http://[::1%25eth0]",
        "http://[::1",
        "http://",
        "https://",
        "https://:443",
        "https://user:secret@example.com",
        "https://example.com?x=1",
        "https://example.com#x",
        "https://example.com:99999",
        "https://exa mple.com",
        "https://example.com\n",
        "https://example.com\x1b[2J",
        "ftp://localhost",
        "file:///etc/passwd",
        "bastion.example.com",
        "",
    ],
)
def test_any_other_url_is_refused_in_a_sentence(url):
    """Before anything is sent, and without giving the terminal what stands in it."""
    with pytest.raises(ClientError) as refused:
        checked_url(url)
    assert "\x1b" not in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_an_honest_server_is_understood(api):
    """The real API's answer passes; the host CA is a bare key line."""
    told = await api.server.about()
    assert (told.ssh.name, told.ssh.port, told.ssh.host_patterns) == ("bastion", 2222, ("gpu-*",))
    line = api.state.host_ca.with_suffix(".pub").read_text()
    assert told.host_ca == " ".join(line.split()[:2])


INJECTION = "\n  ProxyCommand touch pwned"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(
            (key, value)
            for key in ("host", "name")
            for value in (
                f"bastion{INJECTION}",
                f"::1%{INJECTION}",
                "::1%eth0 x",
                "bastion\n",
                "bastion x",
                "bastion\tx",
                "*",
                "gpu-*",
                "!bastion",
                "-oProxyCommand=x",
                "bast\u200bion",
                'bastion"',
                "bastion#",
                "${HOME}",
                "%h",
                "",
                "x" * 300,
                None,
                7,
                ["bastion"],
            )
        ),
        ("port", 0),
        ("port", 65536),
        ("port", f"22{INJECTION}"),
        ("host_patterns", []),
        ("host_patterns", ["gpu-*", f"x{INJECTION}"]),
        ("host_patterns", ["gpu-* other"]),
        ("host_patterns", ["gpu-*,other"]),
        ("host_patterns", ["!gpu"]),
        ("host_patterns", ["-J"]),
        ("host_patterns", ["x\n"]),
        ("host_patterns", ["x"] * 101),
        ("host_patterns", "gpu-*"),
    ],
)
def test_values_that_would_write_into_ssh_config_are_refused(about, key, value):
    """Newlines, spaces, quotes, wildcards where a name belongs, too many: all refused."""
    about["ssh"][key] = value
    with pytest.raises(ValueError, match=f"ssh.{key}"):
        About.model_validate(about)


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7", "gpu-01", "Bastion.example.com"])
def test_addresses_and_names_are_taken(about, host):
    """A bastion may be known by its address."""
    about["ssh"]["host"] = host
    assert About.model_validate(about).ssh.host == host


@pytest.mark.parametrize(
    "line",
    ["", "ssh-ed25519", "ssh-ed25519 AAAA", "hello", "-----BEGIN PUBLIC KEY-----", "\u2603", None],
)
def test_a_host_ca_that_is_no_key_is_refused(about, line):
    """known_hosts must not be given a line that ssh would skip, or read otherwise."""
    about["host_ca"] = line
    with pytest.raises(ValueError, match="host_ca"):
        About.model_validate(about)


def test_a_host_ca_loses_everything_but_the_key(about):
    """A comment, or a second line, does not reach known_hosts."""
    key = " ".join(about["host_ca"].split()[:2])
    for line in (f"{key} comment", f"{key}\n* ssh-rsa AAAA", f"{key} \x1b[2J"):
        about["host_ca"] = line
        assert About.model_validate(about).host_ca == key


@pytest.mark.parametrize("name", ["alice", "a.b@example.com", "auth0|123", "José", "a+b", "x-1"])
def test_accounts_that_providers_have_are_taken(name):
    """Names, addresses and subjects."""
    assert is_account(name)


@pytest.mark.parametrize(
    "name",
    [
        f"a{INJECTION}",
        "a\n",
        "a b",
        "-l",
        "#a",
        "a#",
        'a"',
        "a'",
        "a\\",
        "%u",
        "${A}",
        "",
        "a" * 200,
    ],
)
def test_accounts_that_ssh_config_would_misread_are_refused(name):
    """Quotes, comments, expansions, options and lines."""
    assert not is_account(name)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (text("<html>"), "is no JSON"),
        (text("[" * 100_000), "is no JSON"),
        (text("[]"), "is no bastion"),
        (text("{}"), "is no bastion: version: is missing"),
        (text(b"\xff\xfe"), "is no JSON"),
        (text("", 302, location="http://127.0.0.1:1/"), "status 302"),
        (text("gone", 500), "status 500"),
        (text("", 204), "status 204"),
        (text(json.dumps({"sentence": "No.", "code": "x\x1b[2J"}), 403), r"No\.  \[x\\x1b\[2J\]"),
        (text(json.dumps(["sentence"]), 403), "status 403"),
        (text(gzip.compress(b"{}"), **{"content-encoding": "gzip"}), "is no JSON"),
    ],
)
async def test_an_odd_answer_is_one_sentence(hostile, http, answer, sentence):
    """No traceback, no escape sequence, no second request."""
    with pytest.raises(ClientError, match=sentence):
        await Server(await hostile(answer), http).about()


async def test_a_huge_answer_is_not_read_to_its_end(hostile, http):
    """A long answer costs as much as is allowed, not more."""
    is_over = asyncio.Event()

    async def long(_request):
        async def chunks():
            for _ in range(20):
                yield b" " * 65536
            await is_over.wait()  # the rest comes only after the client has had enough

        return StreamingResponse(chunks())

    with pytest.raises(ClientError, match="too much"):
        await Server(await hostile(long), http).about()
    is_over.set()


async def test_an_answer_that_does_not_come_is_given_up(hostile, http, monkeypatch):
    """A server that trickles does not hold us for ever."""
    monkeypatch.setattr(module, "_TIMEOUT_SECONDS", 0.1)
    is_over = asyncio.Event()

    async def slow(_request):
        await is_over.wait()
        return text("{}")

    with pytest.raises(ClientError, match="did not answer in time"):
        await Server(await hostile(slow), http).about()
    is_over.set()


async def test_nobody_there_is_one_sentence(http):
    """The URL stands in it."""
    with pytest.raises(
        ClientError, match=r"cannot reach http://127\.0\.0\.1:1: Connection refused$"
    ):
        await Server("http://127.0.0.1:1", http).about()


async def test_a_refusal_carries_the_servers_own_words(api):
    """Sentence, next step and code of the real API."""
    with pytest.raises(ClientError, match=r"\[token-refused\]"):
        await api.server.certify("no token", "no key")


@pytest.mark.parametrize("tree", [{}, {"certificate": 1}, [], {"principals": []}])
async def test_a_grant_that_lacks_something_is_refused(hostile, http, tree):
    """A certificate without its facts is not used."""
    with pytest.raises(ClientError, match="answered oddly"):
        await Server(await hostile(certify=text(json.dumps(tree))), http).certify("t", "k")


async def test_a_redirect_does_not_carry_the_token_away(hostile, http):
    """The token is sent once, to the URL that was given."""
    asked = []

    async def other(request):
        asked.append(request)
        return text("{}")

    elsewhere = await hostile(other, other)
    here = await hostile(certify=text("", 307, location=f"{elsewhere}/api/certificates"))
    with pytest.raises(ClientError, match="status 307"):
        await Server(here, http).certify("token", "key")
    assert asked == []


def test_the_client_speaks_by_the_library_that_reads_the_url():
    """Httpx and we agree on the host of every URL that passes."""
    for url in ("http://127.0.0.1:1/a", "https://[2001:db8::1]:2", "https://a.example"):
        assert str(httpx.URL(checked_url(url))).rstrip("/") == url
