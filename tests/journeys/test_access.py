"""Access rules as engineers meet them: changed under their feet, with conditions and templates."""

from bastion.audit.entry import AuditCode
from tests.servers.deployment import ACCOUNT, Deployment
from tests.servers.waiting import until

GRANT = f"""
[[grant]]
id = "engineers"
groups = ["engineers"]
targets = ["gpu-*"]
logins = ["{ACCOUNT}"]
"""


async def _changed(deployment: Deployment, text: str) -> None:
    """Write access.toml, send no signal, and wait until the audit log has one more reading."""
    before = _readings(deployment)
    (deployment.folder / "rules" / "access.toml").write_text(text)
    await until(lambda: _readings(deployment) > before)


def _readings(deployment: Deployment) -> int:
    return len(deployment.audited(AuditCode.RULES_LOADED, AuditCode.RULES_REFUSED))


async def test_rules_change_without_a_signal(own_deployment):
    """A deny closes, a condition that is met opens again, and a mistake changes nothing."""
    deployment = own_deployment
    assert (await deployment.ssh("gpu-01", "echo in")).out == b"in\n"
    await _changed(deployment, f'{GRANT}[[deny]]\nid = "stop"\ntargets = ["*"]\n')
    closed = await deployment.ssh("gpu-01", "echo in")
    assert closed.out == b""
    assert b"[access-denied]" in closed.err
    missing = await deployment.ssh("gpu-77", "echo in")
    assert missing.err.replace(b"gpu-77", b"gpu-01") == closed.err
    here = 'networks = ["127.0.0.0/8", "::1/128"]\nsession_seconds = 3600\n'
    await _changed(deployment, GRANT + here)
    assert (await deployment.ssh("gpu-01", "echo in")).out == b"in\n"
    await _changed(deployment, GRANT + 'network = ["10.0.0.0/8"]\n')
    await deployment.logged("network: unknown key")
    assert (await deployment.ssh("gpu-01", "echo in")).out == b"in\n"
    await _changed(deployment, GRANT + 'networks = ["10.0.0.0/8"]\n')
    assert b"[access-denied]" in (await deployment.ssh("gpu-01", "echo in")).err


async def test_who_needs_a_stronger_login_is_told_so(own_deployment):
    """With the next step; the certificate of a plain login says nothing of a second factor."""
    await _changed(own_deployment, GRANT + 'amr = ["otp"]\nlogin_age_seconds = 3600\n')
    ran = await own_deployment.ssh("gpu-01", "echo in")
    assert ran.out == b""
    assert b"[step-up-needed]" in ran.err
    assert b"bastion login" in ran.err


async def test_a_template_never_makes_a_powerful_account(own_deployment):
    """Who is called root at the provider is not root on the host."""
    await _changed(own_deployment, GRANT.replace(f'"{ACCOUNT}"', '"{account}"'))
    key = own_deployment.certify("root")
    ran = await own_deployment.ssh("-l", "root", "gpu-01", "id -un", key=key)
    assert ran.out == b""
