"""A SoftHSM token: a PKCS#11 library reads its configuration once in a process, so there is one."""

import functools
import os
import subprocess
import tempfile
import uuid
from pathlib import Path

import pkcs11
from pkcs11.util.ec import encode_named_curve_parameters

from tests.servers.installed import require

PIN = "canary-pin-Kd83hx02"
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")


@functools.cache
def softhsm() -> str:
    """The label of a token with keys for CAs: `ca-ec`, `ca-rsa` and the weak `ca-weak`.

    And two to seal with: `sealing` and `sealing-2`.
    """
    util = require("softhsm2-util", "softhsm2")
    folder = Path(tempfile.mkdtemp(prefix="bastion-softhsm-"))
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    label = f"bastion-{uuid.uuid4().hex[:8]}"
    os.environ["SOFTHSM2_CONF"] = str(conf)
    subprocess.run(
        [util, "--init-token", "--free", "--label", label, "--so-pin", "1234", "--pin", PIN],
        check=True,
        capture_output=True,
    )
    with pkcs11.lib(str(SOFTHSM)).get_token(token_label=label).open(user_pin=PIN, rw=True) as token:
        _make_keys(token)
    return label


def _make_keys(token: pkcs11.Session) -> None:
    curve = encode_named_curve_parameters("secp256r1")
    parameters = token.create_domain_parameters(
        pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: curve}, local=True
    )
    parameters.generate_keypair(store=True, label="ca-ec", id=b"\x01")
    for number, (name, bits) in enumerate((("ca-rsa", 3072), ("ca-weak", 2048)), 2):
        token.generate_keypair(pkcs11.KeyType.RSA, bits, store=True, label=name, id=bytes([number]))
    for name in ("sealing", "sealing-2"):
        template = {pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False}
        token.generate_key(pkcs11.KeyType.AES, 256, store=True, label=name, template=template)
