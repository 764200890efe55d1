"""Plain keys are refused, and the audit log knows who offered them."""

import asyncssh

from tests.servers.waiting import until


async def test_a_plain_key_is_kept_once_for_a_connection(own_deployment):
    """With its fingerprint, the user name and the address; however many keys are offered."""
    deployment = own_deployment
    keys = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(3)]
    paths = [deployment.folder / "ssh" / f"plain-{number}" for number in range(len(keys))]
    for path, key in zip(paths, keys, strict=True):
        path.touch(mode=0o600)
        path.write_bytes(key.export_private_key())
        key.write_public_key(f"{path}.pub")
    more = [option for path in paths[1:] for option in ("-i", str(path))]
    ran = await deployment.ssh(*more, "-l", "mallory", "bastion", "true", key=paths[0])
    assert b"Permission denied" in ran.err
    await until(lambda: bool(deployment.audited("login-refused")))
    (entry,) = deployment.audited("login-refused")
    assert entry.detail["cause"] == "it is not an OpenSSH certificate"
    assert (entry.detail["username"], entry.detail["address"]) == ("mallory", "127.0.0.1")
    assert entry.detail["fingerprint"] in {key.get_fingerprint() for key in keys}
    assert (await deployment.ssh("gpu-01", "echo in")).out == b"in\n"
