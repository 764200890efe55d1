"""No secret is found where it must not be: secrets are planted, a day happens, all is searched.

The bastion runs with every logger at debug. What is searched: its log, the recordings, every row
and every byte of the database, environment and arguments of its processes.
"""

import asyncio
import base64
import json
import re
import sqlite3
import sys
from pathlib import Path

import asyncssh

from bastion.clock import SystemClock
from bastion.demo.browser import approve_device
from bastion.oidc.device_flow import DeviceFlow
from bastion.oidc.provider import Provider
from tests.journeys.test_credentials import bastion, host
from tests.servers.appliance import appliance
from tests.servers.approver import decide
from tests.servers.identity import settings_for
from tests.servers.plain_http import plain_http
from tests.servers.sshd import free_port
from tests.servers.terminal import PROMPT, shell
from tests.upstream.conftest import KeyedSshd

PASSWORD, WRONG = "canary-password-Tz8wQ4", "canary-wrong-password-b3VfY1"
SEEN = "canary-that-may-be-seen"
LOUD = """
import asyncio, logging, sys
from pathlib import Path
from bastion.config import load
from bastion.serve import logs
from bastion.serve.run import serve
logs.configure(level=logging.DEBUG)
for name in ("asyncssh", "httpx", "httpcore", "uvicorn", "apprise", "asyncio"):
    logging.getLogger(name).setLevel(logging.DEBUG)
asyncio.run(serve(load(Path(sys.argv[1])), lambda line: print(line, flush=True)))
"""


async def test_no_secret_is_found(whole, tmp_path):
    """After logins, sessions, approvals and failures of every kind."""
    deployment, planted = whole.deployment, {}
    await _restart_loudly(deployment)
    async with (
        appliance(PASSWORD) as box,
        appliance("another", methods=frozenset({"keyboard-interactive"})) as other,
    ):
        sshd = await _keyed(deployment, tmp_path / "keyed", planted)
        await _store(deployment, "box", PASSWORD, planted)
        await _store(deployment, "wrong", WRONG, planted)
        await _extend(deployment, box, other, sshd)
        await _happen(whole, planted)
        assert (box.tried, len(other.tried)) == ([("password", PASSWORD)], 1)
        planted |= _files(deployment)
        processes = _processes(deployment.process.pid)
        limits = _limits(deployment.process.pid)
        await sshd.stop()
    await deployment.stop()

    places = _places(deployment) | processes
    assert re.search(r"Max core file size +0 +0 ", limits)
    assert len(processes) > 2  # its own and those of the parsers
    assert {"recordings", "rows"} <= _found({"control": SEEN.encode()}, places)
    for name, secret in planted.items():
        assert _found({name: secret}, places) == set(), name


async def _happen(whole, planted) -> None:
    """A day: what works, and what fails."""
    deployment = whole.deployment
    planted["ID token"] = token = await _log_in(whole)
    async with plain_http() as http:
        again = await http.post(
            f"{deployment.url}/api/certificates",
            json={"id_token": token.decode(), "public_key": "ssh-ed25519 nonsense"},
        )
        assert again.is_error
    assert b"appliance ran" in (await deployment.ssh("gpu-box", f"echo {SEEN}")).out
    assert (await deployment.ssh("gpu-key", f"echo {SEEN}")).out.decode().strip() == SEEN
    for name, code in (
        ("gpu-wrong", b"host-login-refused"),
        ("gpu-changed", b"host-key-changed"),
        ("gpu-absent", b"host-credential-unusable"),
        ("gpu-down", b"host-refused"),
        ("gpu-none", b"access-denied"),
    ):
        ran = await deployment.ssh(name, "true")
        assert code in ran.err or ran.status == 255, (name, ran)
    await deployment.ssh("gpu-01", "cat /etc/shadow")
    async with shell("ssh", [*deployment.options(), "gpu-01"]) as terminal:
        terminal.types("echo r''an; nvidia-smi --gpu-reset -i 0\r")
        await terminal.sees("held by gpu-reset")
        link = await whole.link()
        planted["approval link"] = link.rpartition("/")[2].encode()
        await decide(link, whole.provider.password, "approve", "go ahead")
        await terminal.sees("approved by approver")
        await terminal.sees(PROMPT)
    planted["provider's password"] = whole.provider.password.encode()


async def _log_in(whole) -> bytes:
    """An ID token by the device grant, exchanged for a certificate."""
    async with plain_http() as http:
        clock = SystemClock()
        flow = DeviceFlow(Provider(settings_for(whole.provider), http, clock), clock)
        code = await flow.start()
        page = code.verification_uri_complete
        await approve_device(http, page, "engineer", whole.provider.password)
        token = (await flow.poll(code)).id_token
        key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        answer = await http.post(
            f"{whole.deployment.url}/api/certificates", json={"id_token": token, "public_key": key}
        )
        assert answer.status_code == 200, answer.text
    return token.encode()


async def _restart_loudly(deployment) -> None:
    deployment.process.terminate()
    await deployment.process.communicate()
    with deployment.log.open("ab") as log:
        deployment.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", LOUD, str(deployment.config)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    line = await asyncio.wait_for(deployment.process.stdout.readline(), 30)
    assert b"serving" in line, deployment.log.read_text()[-2000:]


async def _store(deployment, name: str, password: str, planted) -> None:
    planted[name] = password.encode()
    file = deployment.folder / "handed-in"
    file.write_text(password)
    kind = ("--kind", "password", "--file", str(file))
    added = await bastion(deployment, "keys", "add", name, *kind)
    assert added.status == 0, added.err
    file.unlink()


async def _keyed(deployment, folder: Path, planted) -> KeyedSshd:
    """A real sshd with the public half of a stored key."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    planted["stored key"] = key.pyca_key.private_bytes_raw()
    file = deployment.folder / "handed-in"
    file.write_bytes(key.export_private_key())
    added = await bastion(deployment, "keys", "add", "rack", "--file", str(file))
    assert added.status == 0, added.err
    file.unlink()
    sshd = KeyedSshd(folder, folder, free_port())
    sshd.keys.write_bytes(added.out)
    await sshd.start()
    return sshd


async def _extend(deployment, box, other, sshd) -> None:
    """Hosts of every kind, good and bad, in the inventory that the bastion has loaded."""
    path = deployment.folder / "hosts.toml"
    by_password = {"method": "password", "credential": "box"}
    path.write_text(
        path.read_text()
        + host("gpu-box", box.port, box.host_key, **by_password)
        + host("gpu-key", sshd.port, sshd.host_key, method="key", credential="rack")
        + host("gpu-wrong", other.port, other.host_key, method="password", credential="wrong")
        + host("gpu-changed", box.port, other.host_key, **by_password)
        + host("gpu-absent", box.port, box.host_key, method="password", credential="absent")
        + host("gpu-down", 1, box.host_key, **by_password)
    )
    deployment.process.send_signal(1)
    await deployment.logged("rules loaded")


def _files(deployment) -> dict[str, bytes]:
    """Every secret that stands in a file of the state."""
    found = {}
    for path in deployment.state.keys.iterdir():
        if path.suffix in {".pub", ".ring"}:
            continue
        content = path.read_bytes()
        if b"PRIVATE KEY" in content:
            content = asyncssh.import_private_key(content).pyca_key.private_bytes_raw()
        found[path.name] = content
    assert {"user_ca", "access_ca", "record", "link_secret", "web_secret", "sealing"} <= {*found}
    return found


def _processes(pid: int) -> dict[str, bytes]:
    """Environment and arguments of the process and of its children."""
    found, waiting = {}, [pid]
    while waiting:
        folder = Path("/proc") / str(waiting.pop())
        for name in ("environ", "cmdline"):
            found[str(folder / name)] = (folder / name).read_bytes()
        children = folder / "task" / folder.name / "children"
        waiting += [int(child) for child in children.read_text().split()]
    return found


def _limits(pid: int) -> str:
    return Path(f"/proc/{pid}/limits").read_text()


def _places(deployment) -> dict[str, bytes]:
    """Everything that the bastion wrote, but its keys."""
    state = deployment.state
    found = {"log": deployment.log.read_bytes()}
    found["recordings"] = b"\n".join(
        path.read_bytes() for path in state.recordings.rglob("*") if path.is_file()
    )
    for path in state.root.glob(f"{state.database.name}*"):
        found[path.name] = path.read_bytes()
    found["rows"] = _rows(state.database)
    assert all(found[name] for name in ("log", "recordings", "rows"))
    return found


def _rows(database: Path) -> bytes:
    """Every value of every row, one a line: in the file a long one is cut into pages."""
    connection = sqlite3.connect(database)
    listed = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    values = [
        value if isinstance(value, bytes) else str(value).encode()
        for (table,) in listed.fetchall()
        for row in connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608  names of our own
        for value in row
    ]
    connection.close()
    return b"\n".join(values)


def _found(secrets: dict[str, bytes], places: dict[str, bytes]) -> set[str]:
    return {
        place
        for place, content in places.items()
        for secret in secrets.values()
        for form in _forms(secret)
        if form in content
    }


def _forms(secret: bytes) -> set[bytes]:
    """The secret as it could be written: raw, in hex, in JSON, in base64 at every alignment."""
    forms = {secret, secret.hex().encode(), secret.hex().upper().encode(), repr(secret).encode()}
    forms.add(json.dumps(secret.decode("latin-1"))[1:-1].encode())
    for shift in range(3):
        padded = bytes(shift) + secret
        padded = padded[: len(padded) // 3 * 3]
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms.add(encode(padded)[4 if shift else 0 :])
    return {form for form in forms if len(form) >= 6}


def test_every_form_is_found():
    """The search itself: what was hidden in each of the usual ways is seen."""
    secret = bytes(range(200, 232))
    for hidden in (
        b"x" + secret,
        secret.hex().encode(),
        base64.b64encode(b"a" + secret + b"b"),
        base64.b64encode(b"ab" + secret + b"b"),
        base64.urlsafe_b64encode(secret),
        repr({"key": secret}).encode(),
    ):
        assert _found({"s": secret}, {"there": hidden, "not": b"else"}) == {"there"}, hidden
