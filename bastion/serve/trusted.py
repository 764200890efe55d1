"""Puts together whose ID tokens this bastion accepts.

What always holds: every issuer is asked with a client that trusts only the CA it is configured
with. What it does not do: reach an issuer; that waits for the first token.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from bastion.clock import Clock
from bastion.config import Config
from bastion.downstream.device_login import DeviceLogin
from bastion.oidc.provider import Provider
from bastion.oidc.trust import Trust, settings_for


async def trusted(
    config: Config, client: Callable[[Path | None], Awaitable[httpx.AsyncClient]], clock: Clock
) -> Trust:
    """The issuers in *config*, each asked with a *client* for its CA file."""
    people = (config.oidc, *config.oidc.more)
    jobs = {rule.issuer: settings_for(rule) for rule in reversed(config.workload)}
    return Trust(
        [Provider(found, await client(found.ca_file), clock) for found in people],
        rules=config.workload,
        taken=[outside.name for outside in config.ca.outside],
        jobs={
            issuer: Provider(found, await client(found.ca_file), clock)
            for issuer, found in jobs.items()
        },
    )


def device_login(config: Config, trust: Trust, clock: Clock) -> DeviceLogin | None:
    """The sign-ins of plain `ssh`; None where the configuration wants none."""
    if config.ssh.device_login == "off":
        return None
    return DeviceLogin(trust, config.ssh, clock, seconds=config.certificates.lifetime_seconds)
