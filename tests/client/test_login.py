"""A login on real parts: provider, API, agent, ssh; and everything that a bastion could forge."""

import asyncio
import json
import time
from urllib.parse import parse_qs, urlsplit

import asyncssh
import pytest

from bastion.ca.certificate import Wanted, sign_host, sign_user
from bastion.client import login as module
from bastion.clock import SystemClock
from bastion.demo.browser import approve_device
from bastion.errors import ClientError
from bastion.oidc.provider import Provider
from tests.client.conftest import listing, text
from tests.servers.deployment import ACCOUNT, run
from tests.servers.identity import settings_for
from tests.servers.sshd import start_sshd

CA = asyncssh.generate_private_key("ssh-ed25519")
OTHER = asyncssh.generate_private_key("ssh-ed25519")


async def agent_keys(socket):
    """What `ssh-add -L` says."""
    ran = await run("env", f"SSH_AUTH_SOCK={socket}", "ssh-add", "-L")
    return ran.out.splitlines() if ran.status == 0 else []


@pytest.fixture
def bastion_of(hostile, about, idp):
    """Starts a bastion that tells about itself and answers orders as a test wants."""

    async def start(certify, **ssh):
        about["issuer"], about["client_id"] = idp.issuer, idp.client_id
        about["ssh"] |= ssh
        return await hostile(text(json.dumps(about)), certify)

    return start


@pytest.fixture
async def logged_in(api, folder, ssh_agent):
    """A login of before, with its key in the agent."""
    await api.log_in(folder, browser=True, agent=ssh_agent)
    return api, folder, ssh_agent


def granting(sign=sign_user, ca=CA, key=None, told=None, line=None, **changes):
    """An answer to an order: an honest certificate, but for what is given."""

    async def certify(request):
        asked = asyncssh.import_public_key((await request.json())["public_key"])
        now = int(time.time())
        facts = {
            "key_id": "sub",
            "serial": 1,
            "principals": ("engineer",),
            "valid_after": now - 60,
            "valid_before": now + 600,
        } | changes
        more = {"allow_pty": True} if sign is sign_user else {}
        certificate = sign(ca, key or asked, Wanted(**facts), **more)
        answer = {
            "certificate": certificate.export_certificate().decode() if line is None else line,
            "subject": "sub",
            "principals": list(facts["principals"]),
            "groups": [],
            "valid_before": facts["valid_before"],
        } | (told or {})
        return text(json.dumps(answer))

    return certify


@pytest.mark.parametrize("browser", [False, True], ids=["device", "browser"])
async def test_a_login_without_an_agent_leaves_everything_ssh_needs(api, folder, browser):
    """Both flows end with a key and its certificate by the user CA; ssh-keygen reads it."""
    done = await api.log_in(folder, browser=browser)
    assert not done.in_agent
    assert done.granted.principals == ("engineer",)
    assert set(listing(folder.root)) == {
        "id_ed25519",
        "id_ed25519.pub",
        "id_ed25519-cert.pub",
        "known_hosts",
        "config",
        "client.json",
    }
    read = (await run("ssh-keygen", "-L", "-f", str(folder.certificate))).out.decode()
    ca = await run("ssh-keygen", "-l", "-f", f"{api.state.user_ca}.pub")
    own = await run("ssh-keygen", "-l", "-f", str(folder.key))
    assert "user certificate" in read
    assert f"Signing CA: ED25519 {ca.out.split()[1].decode()}" in read
    assert f"Public key: ED25519-CERT {own.out.split()[1].decode()}" in read
    assert "engineer" in read.split("Principals:")[1].split("Critical")[0]


async def test_nothing_that_a_login_leaves_holds_the_token(api, folder, sent):
    """The ID token is used once and kept nowhere."""
    await api.log_in(folder, browser=True)
    [(token, _)] = sent
    assert not any(token.encode() in content for content in listing(folder.root).values())


async def test_with_an_agent_no_private_key_is_written(api, folder, ssh_agent):
    """Only the public halves stand in the folder; the agent has key and certificate."""
    done = await api.log_in(folder, browser=True, agent=ssh_agent)
    assert done.in_agent
    assert not folder.key.exists()
    assert b"PRIVATE" not in b"".join(listing(folder.root).values())
    held = await agent_keys(ssh_agent)
    assert any(line.split()[1] == folder.certificate.read_bytes().split()[1] for line in held)


async def test_the_next_login_replaces_the_one_before(api, folder, ssh_agent):
    """File to agent removes the file; agent to agent leaves one login in it; agent to file too."""
    await api.log_in(folder, browser=True)
    await api.log_in(folder, browser=True, agent=ssh_agent)
    assert not folder.key.exists()
    first = await agent_keys(ssh_agent)
    await api.log_in(folder, browser=True, agent=ssh_agent)
    second = await agent_keys(ssh_agent)
    assert len(first) == len(second)
    assert not set(first) & set(second)
    await api.log_in(folder, browser=True)
    assert folder.key.exists()


async def test_ssh_works_with_the_key_in_the_agent(bastion_of, api, folder, ssh_agent, tmp_path):
    """A real sshd that trusts the CA lets the real ssh in: no private key file, no other option."""
    CA.write_public_key(tmp_path / "ca.pub")
    sshd = await start_sshd(tmp_path / "sshd", tmp_path / "ca.pub")
    try:
        certify = granting(principals=(ACCOUNT,))
        url = await bastion_of(certify, host="127.0.0.1", port=sshd.port)
        await api.log_in(folder, browser=True, agent=ssh_agent, url=url)
        (tmp_path / "hosts").write_text(f"bastion {sshd.host_key}\n")
        known = f"UserKnownHostsFile={tmp_path}/hosts"  # this sshd has no host certificate
        ssh = ("ssh", "-F", str(folder.ssh_config), "-o", known, "-o", "BatchMode=yes")
        inside = await run("env", f"SSH_AUTH_SOCK={ssh_agent}", *ssh, "bastion", "echo in")
        assert (inside.status, inside.out) == (0, b"in\n"), inside.err
        without = await run("env", "-u", "SSH_AUTH_SOCK", *ssh, "bastion", "echo in")
        assert without.status == 255
        assert b"Permission denied" in without.err
    finally:
        await sshd.stop()


@pytest.mark.parametrize(
    ("certify", "sentence"),
    [
        (granting(key=OTHER), "not for the key that was sent"),
        (granting(sign=sign_host), "not for the key that was sent"),
        (granting(valid_after=0, valid_before=int(time.time()) - 1), "not valid now"),
        (granting(valid_after=2**33, valid_before=2**34), "not valid now"),
        (granting(valid_before=2**64 - 1), "has no end"),
        (granting(line="rubbish"), "cannot be read"),
        (granting(line=""), "cannot be read"),
        (granting(line="\u2603"), "cannot be read"),
        (granting(line=OTHER.export_public_key().decode()), "cannot be read"),
        (granting(line="ssh-ed25519-cert-v01@openssh.com AAAA"), "cannot be read"),
        (granting(told={"principals": ["root"]}), "not what the bastion says"),
        (granting(told={"valid_before": 2**40}), "not what the bastion says"),
        (granting(principals=("x\n  ProxyCommand touch pwned",)), "an account that ssh cannot"),
        (granting(principals=("a b",)), "an account that ssh cannot"),
    ],
)
async def test_a_forged_certificate_is_refused_and_nothing_changes(
    bastion_of, logged_in, certify, sentence
):
    """The login before stays as it is, in the folder and in the agent."""
    api, folder, ssh_agent = logged_in
    before = listing(folder.root), await agent_keys(ssh_agent)
    url = await bastion_of(certify)
    with pytest.raises(ClientError, match=sentence):
        await api.log_in(folder, browser=True, agent=ssh_agent, url=url)
    assert (listing(folder.root), await agent_keys(ssh_agent)) == before


async def test_a_folder_that_takes_no_files_leaves_the_old_login(api, folder, ssh_agent):
    """What cannot be written is found before anything is replaced; the agent keeps the old key."""
    await api.log_in(folder, browser=True, agent=ssh_agent)
    folder.known_hosts.unlink()
    folder.known_hosts.mkdir()
    old = folder.certificate.read_bytes(), await agent_keys(ssh_agent)
    with pytest.raises(ClientError, match="cannot write to"):
        await api.log_in(folder, browser=True, agent=ssh_agent)
    assert (folder.certificate.read_bytes(), await agent_keys(ssh_agent)) == old


async def test_a_bastion_whose_provider_is_not_safe_is_refused(hostile, about, api, folder):
    """The password would go over plain HTTP to another machine."""
    about["issuer"] = "http://idp.example.com"
    url = await hostile(text(json.dumps(about)))
    with pytest.raises(ClientError, match="names an unusable provider: issuer"):
        await api.log_in(folder, url=url)
    assert not folder.root.exists()


async def test_a_bastion_whose_provider_is_away_is_one_sentence(hostile, about, api, folder):
    """The provider is named, not the bastion."""
    about["issuer"] = "http://127.0.0.1:1"
    with pytest.raises(ClientError, match=r"the identity provider .* could not be reached"):
        await api.log_in(folder, url=await hostile(text(json.dumps(about))))


async def browse(api, folder, query):
    """A browser login that comes back with *query* and the right state."""
    tasks = []

    def browser(url):
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        back = f"{asked['redirect_uri']}?state={asked['state']}&{query}"
        tasks.append(asyncio.create_task(api.http.get(back)))

    try:
        return await api.browse(folder, browser)
    finally:
        await asyncio.gather(*tasks)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("error=access_denied", "the identity provider refused the login"),
        ("code=made-up", "the identity provider refused the sign-in"),
    ],
)
async def test_a_browser_that_comes_back_without_a_login_is_refused(api, folder, query, sentence):
    """An error, or a code that the provider did not make."""
    with pytest.raises(ClientError, match=sentence):
        await browse(api, folder, query)
    assert not folder.root.exists()


async def test_a_browser_that_does_not_come_back_is_given_up(api, folder, monkeypatch):
    """The listener is closed, and the sentence says what happened."""
    monkeypatch.setattr(module, "_BROWSER_SECONDS", 0.05)
    with pytest.raises(ClientError, match="did not come back in time"):
        await api.browse(folder, lambda _url: None)


async def test_a_wrong_password_signs_nobody_in(api):
    """The page says no, and the terminal goes on waiting."""
    provider = Provider(settings_for(api.idp), api.http, SystemClock())
    code = await module.DeviceFlow(provider, SystemClock()).start()
    with pytest.raises(ClientError, match="sign-in page says"):
        await approve_device(api.http, code.verification_uri_complete, "engineer", "wrong")
