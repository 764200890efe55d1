"""Keeps the rules in force up with their files: on SIGHUP, and when the files have changed.

What always holds: a version of the files that cannot be used is in the audit log once, and in the
log whenever it is read; the old rules stay in force. What it does not do: end sessions that the new
rules do not allow (`bastion.relay.warden` does).
"""

import asyncio

import structlog

from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.errors import RulesError
from bastion.looking import Looking
from bastion.policy.current import Current, Version

_LOG = structlog.get_logger()
LOOK_SECONDS = 0.4
"""How often the files are looked at; a change is read at the second look that sees it."""


class RulesKeeper:
    """Reads the rules of one process again."""

    def __init__(self, current: Current, audit: AuditLog) -> None:
        self._current, self._audit = current, audit
        self._reading = asyncio.Lock()
        self._refused: Version | None = None
        self._looking = Looking("the rules", self._look, seconds=LOOK_SECONDS)

    def start(self) -> None:
        """Look at the files from now on."""
        self._looking.start()

    async def stop(self) -> None:
        """Look no more."""
        await self._looking.stop()

    async def reload(self) -> None:
        """Read rules, access and inventory again; what cannot be used changes nothing."""
        async with self._reading:
            try:
                await asyncio.to_thread(self._current.reload)
            except RulesError as error:
                _LOG.error("rules refused; the old ones stay in force", cause=str(error))
                await self._note_refusal(str(error))
            else:
                self._refused = None
                _LOG.info("rules loaded")
                await self._audit.append(AuditCode.RULES_LOADED)

    async def _note_refusal(self, cause: str) -> None:
        version = self._current.version
        if version != self._refused:
            await self._audit.append(AuditCode.RULES_REFUSED, cause=cause)
        self._refused = version

    async def _look(self) -> None:
        if await asyncio.to_thread(self._current.has_changed):
            await self.reload()
