"""docs/PROTOCOL.certificate says what is: its example reads as it says, and its codes are ours."""

import base64
import re
import subprocess
from pathlib import Path

import asyncssh
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bastion.ca.certificate import Wanted, facts, sign_user
from bastion.ca.evidence import Statement, encode
from bastion.identity import Evidence
from bastion.refusal import Code
from bastion.serve.pages import about
from bastion.web.pages import STATUS

TEXT = (Path(__file__).parents[2] / "docs" / "PROTOCOL.certificate").read_text()
PARTS = dict(
    re.findall(
        r"^----- begin (.*) -----\n(.*?\n)----- end \1 -----\n", TEXT, re.MULTILINE | re.DOTALL
    )
)
TEST_1 = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
TEST_2 = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
STATEMENT = Statement(
    "https://login.example.test",
    Evidence(1795172300, "urn:example:mfa", frozenset({"pwd", "otp"}), {"team": "ml"}),
)


def key(secret):
    made = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    pem = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    return asyncssh.import_private_key(pem)


def string(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def test_the_example_reads_as_the_document_says():
    """Who, until when, which groups, by which CA."""
    certificate = asyncssh.import_certificate(PARTS["example-cert.pub"])
    found = facts(certificate)
    assert (found.key_id, found.serial) == ("ann@example.test", 7)
    assert (found.valid_after, found.valid_before) == (1795172340, 1795201200)
    assert found.groups == {"engineers", "leads"}
    assert found.statement == STATEMENT
    assert certificate.principals == ["ann"]
    assert certificate.key.public_data == key(TEST_2).public_data
    ca = asyncssh.import_public_key(PARTS["user_ca.pub"])
    assert certificate.signing_key == ca == key(TEST_1).convert_to_public()


def test_the_authority_makes_such_a_certificate():
    """All but the nonce and the signature over it."""
    wanted = Wanted("ann@example.test", 7, ("ann",), 1795172340, 1795201200)
    made = sign_user(
        key(TEST_1),
        key(TEST_2),
        wanted,
        groups=("leads", "engineers"),
        statement=STATEMENT,
        allow_pty=True,
        allow_jump=True,
    )
    blobs = [
        base64.b64decode(line.split()[1])
        for line in (PARTS["example-cert.pub"], made.export_certificate().decode())
    ]
    start, end = 4 + len("ssh-ed25519-cert-v01@openssh.com") + 4 + 32, -64
    assert blobs[0][:start] != blobs[1][:start]
    assert blobs[0][start:end] == blobs[1][start:end]


def test_the_extension_is_encoded_as_written():
    """By the document's words, in its hexadecimal, in the certificate."""
    names = string(b"engineers,leads")
    extension = string(b"groups@bastion") + string(names)
    lines = TEXT[TEXT.index("Its extension groups@bastion") :].split("is\n\n")[1]
    assert bytes.fromhex(lines) == extension
    assert extension in base64.b64decode(PARTS["example-cert.pub"].split()[1])


def test_the_evidence_is_encoded_as_written():
    """Its JSON, and the bytes that it begins with, in the certificate."""
    part = TEXT[TEXT.index("Its extension evidence@bastion") :]
    json = "".join(line.strip() for line in part.split("break:\n\n")[1].split("\n\n")[0].split())
    blob = base64.b64decode(PARTS["example-cert.pub"].split()[1])
    assert json.encode() == encode(STATEMENT)
    start = bytes.fromhex(part.split("begins with\n\n")[1].split("\n\n")[0])
    assert string(b"evidence@bastion") + string(string(json.encode())) in blob
    assert start in blob


def test_openssh_reads_it_too(tmp_path):
    """As an ordinary user certificate with one extension that it does not know."""
    path = tmp_path / "example-cert.pub"
    path.write_text(PARTS["example-cert.pub"])
    said = subprocess.run(
        ["ssh-keygen", "-L", "-f", str(path)], capture_output=True, text=True, check=True
    ).stdout
    for line in TEXT.split("`ssh-keygen -L` says\n\n")[1].split("\n\n")[0].splitlines()[:2]:
        assert line.strip() in said
    assert "Critical Options: (none)" in said
    extensions = said.split("Extensions:")[1].split("\n")[1:]
    assert {line.split()[0] for line in extensions if line.strip()} == {
        "permit-port-forwarding",
        "permit-pty",
        "evidence@bastion",
        "groups@bastion",
    }


def test_the_errors_are_the_api_s():
    """Each with its status."""
    told = dict(re.findall(r"^\t(\d{3})\t([a-z-]+)\t", TEXT, re.MULTILINE))
    assert len(told) == 6
    for status, code in told.items():
        assert STATUS.get(Code(code), 500) == int(status)


async def test_what_a_bastion_tells_is_listed(site):
    """Every member, and no other."""
    tree = about(site.config, ("ssh-ed25519 AAAA",))
    names = {name for name in tree if name != "ssh"} | {f"ssh.{name}" for name in tree["ssh"]}
    section = TEXT.split("1. What a bastion tells")[1].split("2. Asking")[0]
    told = re.findall(r"^\t([a-z_.]+)(?:, ([a-z_.]+))?[\t\n]", section, re.MULTILINE)
    assert {name for pair in told for name in pair if name} == names
