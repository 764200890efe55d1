"""Measures the policy: reading 1,000 hosts and 500 grants again, and one decision among them.

The decision is measured for somebody in ten of a hundred groups, for who is in none, and for who
has all five hundred grants, on a host that is there and on one that is not.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import asyncssh

from bastion.config import parse
from bastion.identity import Evidence
from bastion.policy.access import AccessRules
from bastion.policy.asker import Asker, parse_address
from bastion.policy.current import Current
from bastion.rulepack import shipped_rules
from bastion.target import Login, Target

HOSTS, GRANTS, TEAMS = 1000, 500, 100
_NOW = 1_800_000_000.0
_MICRO, _MILLI = 1e6, 1e3


def main(rounds: int) -> None:
    """Measure, print."""
    with tempfile.TemporaryDirectory(prefix="bastion-bench-") as folder:
        current = _site(Path(folder))
        print(f"{HOSTS} hosts, {GRANTS} grants")
        _show("reload, all files", "ms", _times(current.reload, max(rounds, 5), 1), _MILLI)
        _show("look for changes", "us", _times(current.has_changed, rounds, 100), _MICRO)
        _decisions(current, rounds)


def _decisions(current: Current, rounds: int) -> None:
    access, inventory = current.rules.access, current.rules.inventory
    known = inventory.find("gpu-0042")
    assert known is not None
    for who, groups in (
        ("in ten groups", [f"team-{n}" for n in range(10)]),
        ("in no group", []),
        ("with every grant", ["everybody"]),
    ):
        for where, target in (("a host", known), ("no host", Target("gpu-9942", ""))):
            ask = _asking(access, frozenset(groups), target)
            _show(f"decision {who}, {where}", "us", _times(ask, rounds, 500), _MICRO)


def _asking(access: AccessRules, groups: frozenset[str], target: Target) -> Callable[[], object]:
    asker = Asker(
        *("sub", "ann", groups, "https://idp.example", Evidence()),
        *(parse_address("10.1.2.3"), _NOW, _NOW),
    )
    return lambda: access.decide(asker, target, Login("ubuntu"))


def _site(folder: Path) -> Current:
    """A configuration with many hosts and grants, and the command rules that ship."""
    rules = folder / "rules"
    rules.mkdir()
    (rules / "commands").symlink_to(shipped_rules() / "commands")
    (rules / "access.toml").write_text("".join(map(_grant, range(GRANTS))))
    (folder / "hosts.toml").write_text("".join(map(_host, range(HOSTS))))
    oidc = {"issuer": "https://idp.example", "client_id": "bastion"}
    return Current(parse({"oidc": oidc}, folder / "config.toml"))


def _host(number: int) -> str:
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    return (
        f'[[host]]\nname = "gpu-{number:04}"\naddress = "10.9.{number // 250}.{number % 250}"\n'
        f'labels = {{ pool = "p{number % 20}", site = "s{number % 3}" }}\n'
        f'host_keys = ["{key}"]\n\n'
    )


def _grant(number: int) -> str:
    window = '{ days = ["mon", "fri"], from = "06:00", to = "20:00", zone = "Europe/Berlin" }'
    return (
        f'[[grant]]\nid = "grant-{number}"\n'
        f'groups = ["team-{number % TEAMS}", "everybody"]\n'
        f'targets = ["gpu-{number % TEAMS:02}*", "cpu-{number}"]\n'
        f'logins = ["ubuntu", "{{account}}"]\n'
        f'networks = ["10.0.0.0/8"]\nwindows = [{window}]\nsession_seconds = {3600 + number}\n\n'
    )


def _times(act: Callable[[], object], rounds: int, times: int) -> list[float]:
    """Seconds of one *act*, measured over many, for each round."""
    figures = []
    for _ in range(rounds):
        begun = time.perf_counter()
        for _ in range(times):
            act()
        figures.append((time.perf_counter() - begun) / times)
    return figures


def _show(title: str, unit: str, figures: list[float], scale: float) -> None:
    least = min(figures) * scale  # what it costs; the rest is what else the machine did
    spread = " ".join(f"{figure * scale:.1f}" for figure in figures)
    print(f"  {title:<36} {least:9.1f} {unit:<3} [{spread}]")
