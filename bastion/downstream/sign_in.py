"""The sign-in of one connection whose client has no certificate: begun, waited for, kept.

What always holds: a connection signs in once, and is told goodbye where that fails, because the
client would only ask again; the identity is bound in the turn of the event loop in which the login
succeeds; however the connection ends, the sign-in counts no more. What it does not do: show
anything; the client does.
"""

from collections.abc import Sequence
from typing import Any

import asyncssh
import structlog

from bastion.audit.entry import AuditCode
from bastion.downstream.authentication import identify_person, is_named
from bastion.downstream.connection import DownstreamConnection
from bastion.downstream.device_login import Begun, DeviceLogin
from bastion.downstream.reception import Reception
from bastion.errors import StoreError, TokenError
from bastion.identity import Person
from bastion.printable import printable
from bastion.refusal import Code, Refusal

_LOG = structlog.get_logger()
_NO_MORE_AUTH_METHODS = 14  # RFC 4253 section 11.1
_NAME = ""  # Dropbear shows it without a line break behind it
_PROMPT = "Number: "
_MAX_CAUSE_CHARS = 200


class SignIn:
    """One connection's way to an identity without a certificate."""

    def __init__(self, device_login: DeviceLogin, reception: Reception) -> None:
        self._device_login, self._reception = device_login, reception
        self._begun: Begun | None = None
        self._has_begun = self._may_choose = False

    async def begin(self, connection: DownstreamConnection, username: str) -> Any:
        """The challenge to send; DisconnectError where there is none.

        It is a text and no questions, or the question at which of several issuers.
        """
        if self._has_begun:
            raise _goodbye(Refusal(Code.SIGN_IN_FAILED, "one sign-in a connection"))
        self._has_begun = True
        if len(self._device_login.choices) > 1:
            self._may_choose = True
            return _NAME, _question(self._device_login.choices), "", ((_PROMPT, True),)
        return await self._begin_at(connection, username, 0)

    async def answer(
        self, connection: DownstreamConnection, username: str, responses: Sequence[str]
    ) -> Any:
        """What follows the person's answer: another challenge, or whether they have signed in."""
        if not self._may_choose:
            return False if responses else await self._finish(connection, username)
        self._may_choose = False  # once
        numbers = [str(at) for at in range(1, len(self._device_login.choices) + 1)]
        told = responses[0].strip() if len(responses) == 1 else ""
        if told not in numbers:
            raise await self._failed(connection, username, "no issuer of that number")
        return await self._begin_at(connection, username, numbers.index(told))

    async def _begin_at(self, connection: DownstreamConnection, username: str, choice: int) -> Any:
        try:
            begun = self._begun = await self._device_login.begin(connection.address, choice)
        except TokenError as error:
            raise await self._failed(connection, username, str(error)) from error
        connection.wait_longer(self._device_login.seconds_left(begun))
        return _NAME, begun.text, "", ()

    async def _finish(self, connection: DownstreamConnection, username: str) -> bool:
        """Wait until the person has signed in; DisconnectError where that did not come about."""
        begun = self._begun
        if begun is None:
            raise _goodbye(Refusal(Code.SIGN_IN_FAILED, "no sign-in has begun"))
        try:
            person = await self._device_login.finish(begun)
        except TokenError as error:
            raise await self._failed(connection, username, str(error)) from error
        finally:
            self.close()
        if not is_named(person, username):
            why = f"you signed in as {person.account}, so use that as the user name"
            raise await self._failed(connection, username, why, person)
        kept = {"username": _short(username), "issuer": person.issuer}
        await self._note(AuditCode.DEVICE_LOGIN_ACCEPTED, connection, person.subject, **kept)
        connection.identity = identify_person(
            person, connection.address, valid_before=self._device_login.valid_before()
        )
        return True

    def close(self) -> None:
        """The sign-in is over, or the connection is; the second time nothing happens."""
        if self._begun is not None:
            self._device_login.end(self._begun)
            self._begun = None

    async def _failed(
        self,
        connection: DownstreamConnection,
        username: str,
        cause: str,
        person: Person | None = None,
    ) -> asyncssh.DisconnectError:
        """Keep why, and say it."""
        kept = {"username": _short(username), "cause": _short(cause)}
        subject = person.subject if person else ""
        await self._note(AuditCode.DEVICE_LOGIN_REFUSED, connection, subject, **kept)
        return _goodbye(Refusal(Code.SIGN_IN_FAILED, _short(cause)))

    async def _note(
        self, code: AuditCode, connection: DownstreamConnection, subject: str, **detail: str
    ) -> None:
        try:
            is_refusal = code is AuditCode.DEVICE_LOGIN_REFUSED
            keep = self._reception.turned_away if is_refusal else self._reception.note
            await keep(code, subject, address=connection.address, **detail)
        except StoreError as error:
            _LOG.warning("a sign-in could not be kept", cause=str(error))
            raise _goodbye(Refusal(Code.STORE_UNAVAILABLE)) from error


def _question(choices: Sequence[str]) -> str:
    listed = [f"    {at}  {printable(label, 70)}" for at, label in enumerate(choices, 1)]
    return "\n".join(["No certificate was offered. Where do you sign in?", "", *listed, ""])


def _goodbye(refusal: Refusal) -> asyncssh.DisconnectError:
    return asyncssh.DisconnectError(_NO_MORE_AUTH_METHODS, refusal.text())


def _short(text: str) -> str:
    return printable(text, _MAX_CAUSE_CHARS)
