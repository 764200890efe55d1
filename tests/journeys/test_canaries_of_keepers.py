"""The secrets that open a token and a server are found nowhere, nor is what they keep; no core.

The bastion seals by a PKCS#11 token, and opens what OpenBao has sealed. Searched: its log, the
recordings, every row, environment and arguments of its processes, and the memory of its parsers.
"""

import signal
from pathlib import Path

import pytest

from tests.ca.conftest import bao  # noqa: F401  a fixture is found by its name
from tests.journeys.test_canaries import _files, _found, _places, _processes
from tests.journeys.test_credentials import host
from tests.servers.appliance import appliance
from tests.servers.deployment import deployed, run
from tests.servers.installed import require
from tests.servers.program import bastion
from tests.servers.softhsm import PIN, SOFTHSM, softhsm
from tests.servers.waiting import until

IN_TOKEN, IN_BAO = "canary-password-in-token-9Qe", "canary-password-in-bao-77Lw"


@pytest.fixture
async def deployment(bao, tmp_path):  # noqa: F811  the fixture that is imported above
    """A bastion with both."""
    (tmp_path / "pin").write_text(PIN)
    (tmp_path / "token").write_text(bao.token)
    bao.write("sys/mounts/transit", type="transit")
    bao.write("transit/keys/hosts", type="aes256-gcm96")
    token = {"custody": "pkcs11", "module": str(SOFTHSM), "token": softhsm(), "key": "sealing"}
    server = {"custody": "openbao", "url": bao.url, "key": "hosts"}
    sealing = {
        "sealing": token | {"pin_file": "pin"},
        "sealing_before": [server | {"token_file": "token"}],
    }
    async with deployed(tmp_path, is_installed=True, settings={"upstream": sealing}) as running:
        yield running


async def test_no_secret_of_a_keeper_is_found(deployment, bao):  # noqa: F811  as above
    """After logins by both kinds, and after both were away."""
    async with appliance(IN_TOKEN) as one, appliance(IN_BAO) as two:
        await _stored(deployment, one, two)
        for name in ("gpu-one", "gpu-two"):
            assert b"appliance ran" in (await deployment.ssh(name, "true")).out
        (deployment.folder / "token").write_text("canary-revoked-token-Xy1")
        refused = await deployment.ssh("gpu-two", "true")
        assert b"[host-credential-unusable]" in refused.err
        await until(lambda: "answers 403" in deployment.log.read_text())
        processes = _processes(deployment.process.pid)
        memory = await _memory_of_parsers(deployment)
    planted = _files(deployment) | {
        "PIN": PIN.encode(),
        "token of OpenBao": bao.token.encode(),
        "revoked token": b"canary-revoked-token-Xy1",
        "password": IN_TOKEN.encode(),
        "other password": IN_BAO.encode(),
    }
    await deployment.stop()
    for name, secret in planted.items():
        assert _found({name: secret}, _places(deployment) | processes | memory) == set(), name


async def test_a_crash_leaves_no_core(own_deployment):
    """Where the system writes cores to the folder of the process."""
    process = own_deployment.process
    cores, before = _cores(process.pid)
    process.send_signal(signal.SIGABRT)
    assert await process.wait() == -signal.SIGABRT
    assert set(cores.glob("core*")) == before


def _cores(pid: int) -> tuple[Path, set[Path]]:
    """Where the process works, and the cores that lie there."""
    folder = Path(f"/proc/{pid}/cwd").readlink()
    return folder, set(folder.glob("core*"))


async def _stored(deployment, one, two) -> None:
    """A password sealed by the token, and one that OpenBao had sealed before."""
    path = deployment.folder / "hosts.toml"
    path.write_text(
        path.read_text()
        + host("gpu-one", one.port, one.host_key, method="password", credential="one")
        + host("gpu-two", two.port, two.host_key, method="password", credential="two")
    )
    earlier = deployment.folder / "earlier.toml"
    lines = deployment.config.read_text().splitlines()
    sealing = next(line for line in lines if line.startswith("sealing_before = "))
    moved = sealing.replace("sealing_before = [", "sealing = ").removesuffix("]")
    earlier.write_text(
        "\n".join(moved if line.startswith("sealing = ") else line for line in lines)
    )
    await _add(deployment, deployment.config, "one", IN_TOKEN)
    await _add(deployment, earlier, "two", IN_BAO)
    deployment.process.send_signal(signal.SIGHUP)
    await deployment.logged("rules loaded")


async def _add(deployment, config: Path, name: str, password: str) -> None:
    file = deployment.folder / "handed-in"
    file.write_text(password)
    options = ("--kind", "password", "--file", str(file), "--config", str(config))
    added = await bastion("keys", "add", name, *options)
    assert added.status == 0, added.err
    file.unlink()


async def _memory_of_parsers(deployment) -> dict[str, bytes]:
    """Cores of the processes that read commands; they are started anew, and are given no secret."""
    gcore = require("gcore", "gdb")
    found = {}
    for pid in _children(deployment.process.pid):
        made = await run(gcore, "-o", str(deployment.folder / "core"), pid)
        core = deployment.folder / f"core.{pid}"
        assert core.is_file(), made.err
        found[f"core of {pid}"] = core.read_bytes()
    assert found
    return found


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
