"""Where a CA's key is kept, and what is said when it cannot be had."""

import asyncio
import time

import asyncssh
import pytest
from pydantic import ValidationError

from bastion.ca import keys
from bastion.ca.authorities import Authorities
from bastion.ca.certificate import Wanted, facts, host_draft, user_draft
from bastion.ca.custody import open_place, places
from bastion.ca.evidence import Statement
from bastion.clock import SystemClock
from bastion.config import Config, Oidc, environment
from bastion.config.ca import CertificateAuthorities, FileCustody, OpenBaoCustody
from bastion.errors import ConfigError, SigningError
from bastion.hsm import Tokens
from bastion.identity import Evidence
from bastion.serve.initialise import initialise
from bastion.state import State
from tests.servers.deployment import run
from tests.servers.softhsm import PIN, SOFTHSM

KEY = asyncssh.generate_private_key("ssh-ed25519")
SAID = Statement("https://idp.test", Evidence(5, "gold", frozenset({"otp"}), {"team": "ml"}))
CLOCK = SystemClock()


def configured(folder, **ca) -> Config:
    """A configuration with that `[ca]`."""
    return Config(
        state_dir=folder / "state",
        oidc=Oidc(issuer="https://idp.test", client_id="bastion"),
        ca=CertificateAuthorities.model_validate(ca, context={"folder": folder}),
    )


def prepared(folder, **ca) -> Config:
    """The same, with its state made."""
    config = configured(folder, **ca)
    initialise(State(config.state_dir), config.ca)
    return config


TOKENS = Tokens()


@pytest.fixture(autouse=True)
def _logged_out():
    """No test finds a token logged in."""
    yield
    TOKENS.close()


async def opened(config: Config, name: str = "user"):
    return await open_place(places(config)[name], TOKENS, CLOCK)


def draft(**changes):
    now = int(time.time())
    wanted = Wanted("sub-1", 9, ("alice",), now - 60, now + 600)
    options = {"groups": ["a", "b"], "statement": SAID, "allow_pty": True, "allow_jump": True}
    return user_draft(KEY, wanted, **(options | changes))


async def signs(keyring, folder) -> asyncssh.SSHCertificate:
    """A certificate of the CA, that says what was wanted and that OpenSSH reads."""
    made = await keyring.certifier(time.time()).certify(draft(source_addresses=["192.0.2.0/24"]))
    (folder / "made-cert.pub").write_bytes(made.export_certificate())
    read = asyncssh.read_certificate(folder / "made-cert.pub")
    said = facts(read)
    assert (said.key_id, list(read.principals)) == ("sub-1", ["alice"])
    assert (said.groups, said.statement) == ({"a", "b"}, SAID)
    assert [str(network) for network in read.options["source-address"]] == ["192.0.2.0/24"]
    assert read.signing_key in keyring.trusted(time.time())
    listing = await run("ssh-keygen", "-L", "-f", str(folder / "made-cert.pub"))
    assert b"permit-port-forwarding" in listing.out
    assert b"X11" not in listing.out
    host = await keyring.certifier(time.time()).certify(
        host_draft(KEY, Wanted("h", 1, ("gpu-01",), int(time.time()) - 60, int(time.time()) + 600))
    )
    assert not facts(host).is_user
    return read


# Files.


async def test_a_plain_file_signs(tmp_path):
    """As `bastion init` makes it."""
    await signs(await opened(prepared(tmp_path)), tmp_path)


async def test_an_encrypted_file_signs(tmp_path):
    """It is made encrypted, and opened by the passphrase in the file that is named."""
    (tmp_path / "word").write_text("correct horse\n")
    config = prepared(tmp_path, user={"custody": "file", "passphrase_file": "word"})
    path = State(config.state_dir).user_ca
    with pytest.raises(asyncssh.KeyImportError, match="assphrase"):
        asyncssh.read_private_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    await signs(await opened(config), tmp_path)
    host = keys.load(State(config.state_dir).host_ca)  # each CA has its own custody
    assert host.get_algorithm() == "ssh-ed25519"


async def test_a_passphrase_comes_by_systemd_credential(tmp_path, monkeypatch):
    """The credential's file is below $CREDENTIALS_DIRECTORY; without one the start is refused."""
    config = configured(tmp_path, user={"custody": "file", "passphrase_credential": "user-ca"})
    with pytest.raises(ConfigError, match="no credentials"):
        initialise(State(config.state_dir), config.ca)
    (tmp_path / "user-ca").write_text("correct horse")
    given = environment({"CREDENTIALS_DIRECTORY": str(tmp_path)})
    monkeypatch.setattr("bastion.given.environment", lambda: given)
    initialise(State(config.state_dir), config.ca)
    await signs(await opened(config), tmp_path)


@pytest.mark.parametrize(
    ("word", "why"), [("wrong\n", "cannot be loaded"), ("", "is empty"), (None, "No such file")]
)
async def test_without_the_passphrase_nothing_starts(tmp_path, word, why):
    """The sentence names the file, and not what is in it."""
    (tmp_path / "word").write_text("correct horse\n")
    config = prepared(tmp_path, user={"custody": "file", "passphrase_file": "word"})
    (tmp_path / "word").unlink()
    if word is not None:
        (tmp_path / "word").write_text(word)
    with pytest.raises(ConfigError, match=why) as refused:
        await opened(config)
    assert "horse" not in str(refused.value)
    assert "wrong" not in str(refused.value)


async def test_a_key_that_should_be_encrypted_and_is_not_is_refused(tmp_path):
    """The sentence says how to encrypt it; `ssh-keygen -p` does, and then it is opened."""
    prepared(tmp_path)
    (tmp_path / "word").write_text("correct horse")
    config = configured(tmp_path, user={"custody": "file", "passphrase_file": "word"})
    path = State(config.state_dir).user_ca
    with pytest.raises(ConfigError, match=f"ssh-keygen -p -f {path}"):
        await opened(config)
    await run("ssh-keygen", "-q", "-p", "-P", "", "-N", "correct horse", "-f", str(path))
    await signs(await opened(config), tmp_path)


async def test_a_weak_key_is_no_ca(tmp_path):
    """Whoever put it there."""
    config = prepared(tmp_path)
    path = State(config.state_dir).user_ca
    weak = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    path.write_bytes(weak.export_private_key())
    weak.write_public_key(f"{path}.pub")
    with pytest.raises(ConfigError, match=r"ca\.user: ssh-rsa is too weak"):
        await opened(config)


async def test_another_key_in_the_file_is_noticed(tmp_path):
    """Private and public half have to belong together."""
    config = prepared(tmp_path)
    path = State(config.state_dir).user_ca
    path.write_bytes(KEY.export_private_key())
    with pytest.raises(ConfigError, match="is not the CA's key"):
        await opened(config)


# ssh-agent.


@pytest.mark.parametrize(
    ("algorithm", "options"),
    [("ssh-ed25519", {}), ("ecdsa-sha2-nistp256", {}), ("ssh-rsa", {"key_size": 3072})],
)
async def test_an_agent_signs(agent, tmp_path, algorithm, options):
    """The key is picked by fingerprint among others, and nothing of it is in a file."""
    await agent.add(asyncssh.generate_private_key("ssh-ed25519"))
    fingerprint = await agent.add(asyncssh.generate_private_key(algorithm, **options))
    custody = {"custody": "agent", "socket": str(agent.socket), "fingerprint": fingerprint}
    config = prepared(tmp_path, user=custody)
    assert not State(config.state_dir).user_ca.exists()
    keyring = await opened(config)
    assert (await signs(keyring, tmp_path)).signing_key.get_fingerprint() == fingerprint


async def test_an_agent_without_the_key_is_named(agent, tmp_path):
    """At the start, with what to do."""
    fingerprint = KEY.get_fingerprint()
    custody = {"custody": "agent", "socket": str(agent.socket), "fingerprint": fingerprint}
    with pytest.raises(SigningError, match=r"has no key .*ssh-add"):
        await opened(configured(tmp_path, user=custody))


async def test_an_agent_that_is_gone_is_an_error_of_that_moment(agent, tmp_path):
    """And when the key has been taken out; the signature is asked for anew each time."""
    fingerprint = await agent.add(KEY)
    custody = {"custody": "agent", "socket": str(agent.socket), "fingerprint": fingerprint}
    certifier = (await opened(configured(tmp_path, user=custody))).certifier(0)
    async with asyncssh.connect_agent(str(agent.socket)) as client:
        await client.remove_all()
    with pytest.raises(SigningError, match="does not sign"):
        await certifier.certify(draft())
    await agent.add(KEY)
    await certifier.certify(draft())
    await agent.stop()
    with pytest.raises(SigningError, match="does not sign"):
        await certifier.certify(draft())


# PKCS#11.


def hsm_custody(label, key, folder, pin=PIN):
    (folder / "pin").write_text(pin + "\n")
    return {
        "custody": "pkcs11",
        "module": str(SOFTHSM),
        "token": label,
        "key": key,
        "pin_file": "pin",
    }


@pytest.mark.parametrize("key", ["ca-ec", "ca-rsa"])
async def test_a_token_signs(hsm, tmp_path, key):
    """Both kinds of key that tokens and SSH have in common."""
    await signs(await opened(configured(tmp_path, user=hsm_custody(hsm, key, tmp_path))), tmp_path)


async def test_three_cas_share_a_token(hsm, tmp_path):
    """One session a process; signatures at once do not disturb each other."""
    ec, rsa = (hsm_custody(hsm, key, tmp_path) for key in ("ca-ec", "ca-rsa"))
    config = configured(tmp_path, user=ec, host=rsa, access=ec)
    cas = await Authorities.open(config, CLOCK, TOKENS)
    signing = [cas.user, cas.host, cas.access] * 5
    made = await asyncio.gather(*(ca.certifier(0).certify(draft()) for ca in signing))
    assert len({certificate.signing_key for certificate in made}) == 2


@pytest.mark.parametrize(
    ("key", "pin", "why"),
    [
        ("absent", PIN, "No key.*by 'absent'"),
        ("ca-ec", "0000", "PinIncorrect"),
        ("ca-weak", PIN, "too weak"),
    ],
)
async def test_a_token_that_does_not_fit_is_named(hsm, tmp_path, key, pin, why):
    """The PIN is in no sentence."""
    config = configured(tmp_path, user=hsm_custody(hsm, key, tmp_path, pin))
    with pytest.raises((SigningError, ConfigError), match=why) as refused:
        await opened(config)
    assert pin not in str(refused.value)


# OpenBao.


def bao_custody(bao, folder, role="bastion", **changes):
    (folder / "token").write_text(bao.token + "\n")
    settings = {"custody": "openbao", "url": bao.url, "role": role, "token_file": "token"}
    return settings | changes


async def test_openbao_signs(bao, tmp_path):
    """Its SSH engine makes the certificate, with our extensions as we encode them."""
    bao.role("bastion")
    await signs(await opened(configured(tmp_path, user=bao_custody(bao, tmp_path))), tmp_path)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"allow_user_key_ids": False}, "key_id"),
        ({"allowed_extensions": "permit-pty"}, "extensions"),
        ({"max_ttl": "60s"}, "ttl|its time differs"),
        ({"allow_user_certificates": False}, "cert_type"),
        ({"allowed_users": "bob"}, "principal"),
        ({"not_before_duration": "1h"}, "its time differs"),
    ],
)
async def test_openbao_that_would_make_something_else_is_refused(bao, tmp_path, changes, why):
    """Refused there, or noticed here; the token is in no sentence."""
    bao.role("narrow", **changes)
    custody = bao_custody(bao, tmp_path, role="narrow")
    certifier = (await opened(configured(tmp_path, user=custody))).certifier(0)
    with pytest.raises(SigningError, match=why) as refused:
        await certifier.certify(draft())
    assert bao.token not in str(refused.value)


async def test_options_that_openbao_adds_are_noticed(bao, tmp_path):
    """A role whose defaults step in where nothing was asked for."""
    bao.role("generous", default_extensions={"permit-X11-forwarding": ""})
    custody = bao_custody(bao, tmp_path, role="generous")
    certifier = (await opened(configured(tmp_path, user=custody))).certifier(0)
    nothing = draft(groups=[], statement=Statement(), allow_pty=False, allow_jump=False)
    with pytest.raises(SigningError, match="its options differ"):
        await certifier.certify(nothing)


async def test_openbao_is_asked_with_the_token_of_the_moment(bao, tmp_path):
    """A token that was revoked does not sign; a new one in the file does, without a restart."""
    bao.role("bastion")
    certifier = (await opened(configured(tmp_path, user=bao_custody(bao, tmp_path)))).certifier(0)
    (tmp_path / "token").write_text("s.revoked")
    with pytest.raises(SigningError, match="403"):
        await certifier.certify(draft())
    (tmp_path / "token").write_text(bao.token)
    await certifier.certify(draft())


async def test_serials_of_openbao_fit(bao, tmp_path):
    """The store counts serials in 63 bits; the engine has 64."""
    bao.role("bastion")
    certifier = (await opened(configured(tmp_path, user=bao_custody(bao, tmp_path)))).certifier(0)
    for _ in range(8):
        assert 0 < facts(await certifier.certify(draft())).serial < 2**63


async def test_openbao_that_does_not_answer_is_an_error_of_the_start(tmp_path, bao):
    """The sentence names the URL."""
    custody = bao_custody(bao, tmp_path, url="http://127.0.0.1:1")
    with pytest.raises(SigningError, match=r"http://127\.0\.0\.1:1/v1/ssh/public_key"):
        await opened(configured(tmp_path, user=custody))


@pytest.mark.parametrize(
    "section",
    [
        {"custody": "openbao", "url": "http://bao.test", "role": "r", "token_file": "t"},
        {"custody": "openbao", "url": "https://bao.test", "role": "r"},
        {"custody": "openbao", "url": "https://u:p@bao.test", "role": "r", "token_file": "t"},
        {"custody": "openbao", "url": "https://bao.test", "role": "../x", "token_file": "t"},
        {"custody": "pkcs11", "module": "m", "token": "t", "key": "k"},
        {"custody": "pkcs11", "module": "m", "token": "t", "key": "k", "pin": "1234"},
        {"custody": "agent", "socket": "s", "fingerprint": "MD5:00"},
        {"custody": "file", "passphrase": "in the open"},
        {"custody": "file", "passphrase_file": "a", "passphrase_credential": "b"},
        {"custody": "env"},
    ],
)
def test_a_section_that_cannot_be_meant_stops_the_start(section):
    """Secrets in the open, plain HTTP, half of what is needed."""
    with pytest.raises(ValidationError):
        CertificateAuthorities.model_validate({"user": section})


def test_files_are_the_default():
    """Nothing has to be configured."""
    assert CertificateAuthorities().user == FileCustody()
    assert OpenBaoCustody.model_fields["mount"].default == "ssh"
