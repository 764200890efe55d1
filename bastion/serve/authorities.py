"""Takes the CAs' keys anew after a rotation, and keeps that in the audit log.

What always holds: keys that cannot be opened change nothing, and the log says so loudly. What it
does not do: rotate; `bastion ca rotate` does.
"""

import structlog

from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.ca.authorities import Authorities
from bastion.clock import Clock
from bastion.config import Config
from bastion.errors import ConfigError, SigningError

_LOG = structlog.get_logger()


async def reload_keys(
    authorities: Authorities, config: Config, clock: Clock, audit: AuditLog
) -> None:
    """Open the keys again."""
    before = _lines(authorities, clock)
    try:
        await authorities.reload(config, clock)
    except (ConfigError, SigningError) as error:
        _LOG.error("CA keys refused; the old ones stay in force", cause=str(error))
        await audit.append(AuditCode.CA_KEYS_REFUSED, cause=str(error))
        return
    after = _lines(authorities, clock)
    if after != before:
        await audit.append(AuditCode.CA_KEYS_CHANGED, keys=after)


def _lines(authorities: Authorities, clock: Clock) -> dict[str, list[str]]:
    """The public keys that count now, by CA; the signing one first."""
    now = clock.now()
    return {
        "user": list(authorities.user.lines(now)),
        "host": list(authorities.host.lines(now)),
        "access": list(authorities.access.lines(now)),
    }
