"""Plain `ssh` where several issuers are trusted: the question by number, and what follows it."""

import pytest

from bastion.demo.browser import approve_device
from tests.servers.deployment import ACCOUNT, deployed
from tests.servers.identity import demo_provider
from tests.servers.plain_http import plain_http
from tests.servers.terminal import Terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")

_LINK = r"http\S+user_code=[A-Z0-9]{4}-[A-Z0-9]{4}"


@pytest.fixture(scope="module")
async def partners(tmp_path_factory):
    async with demo_provider(tmp_path_factory.mktemp("partners")) as running:
        yield running


@pytest.fixture(scope="module")
async def site(tmp_path_factory, partners):
    """A bastion of two issuers whose own engineers may reach its host."""
    more = {"name": "partners", "issuer": partners.issuer, "client_id": partners.client_id}
    folder = tmp_path_factory.mktemp("bastion")
    async with demo_provider(tmp_path_factory.mktemp("idp")) as idp:
        settings = {"oidc": {"more": [more]}, "ssh": {"device_login": "link"}}
        async with deployed(folder, issuer=idp.issuer, settings=settings) as running:
            yield running


@pytest.fixture
def terminal(site):
    """A terminal whose ssh has no certificate and no `BatchMode`, and runs one command."""
    config = (site.folder / "ssh" / "config").read_text()
    own = site.folder / "ssh" / "no-key"
    lines = [line for line in config.splitlines() if "IdentityFile" not in line]
    own.write_text("\n".join(lines).replace("BatchMode yes", "BatchMode no") + "\n")
    return Terminal("ssh", ["-F", str(own), "-l", f"{ACCOUNT}@gpu-01", "bastion", "echo hello"])


async def test_a_person_chooses_the_issuer_by_number(site, terminal, partners):
    """The second is asked; whom it vouches for is not our engineer of the same name."""
    shown = await terminal.sees("Number: ")
    assert "Where do you sign in?" in shown
    assert f"2  partners (127.0.0.1:{partners.issuer.rpartition(':')[2]})" in shown
    terminal.types("2\r")
    shown = await terminal.sees(_LINK)
    link = shown[shown.rindex("http") :]
    assert link.startswith(partners.issuer)
    async with plain_http() as http:
        await approve_device(http, link, "engineer", partners.password)
    await terminal.sees(r"\[access-denied\]")
    assert await terminal.ends() != 0
    (said,) = site.audited("device-login-accepted")
    assert said.subject == "partners:demo-engineer"
    assert said.detail["issuer"] == partners.issuer


@pytest.mark.parametrize("typed", ["3", "0", "", "partners", "1 2", "²"])
async def test_what_is_no_number_ends_it(site, terminal, typed):
    """With a sentence; no issuer is asked."""
    before = len(site.audited("device-login-refused"))
    await terminal.sees("Number: ")
    terminal.types(f"{typed}\r")
    await terminal.sees("no issuer of that number")
    assert await terminal.ends() == 255
    assert len(site.audited("device-login-refused")) > before
