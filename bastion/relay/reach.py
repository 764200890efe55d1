"""Where a session may read and write files, by the rules of this very moment.

What always holds: changed rules count with the next question, before anybody has looked at what
lives; rules that do not allow the session any more leave it nowhere. What it does not do: end the
session; the warden does.
"""

from collections.abc import Callable

from bastion.authorization import Authorization
from bastion.clock import Clock
from bastion.files import NOWHERE, Places
from bastion.policy.current import Rules
from bastion.refusal import Refusal
from bastion.relay.recheck import authorized_again


class Reach:
    """The reach of one session, which opens now.

    Args:
        rules: the rules in force.
        authorization: what opened the session, or lets it go on.
        clock: tells when.
    """

    def __init__(
        self, rules: Callable[[], Rules], authorization: Callable[[], Authorization], clock: Clock
    ) -> None:
        self._rules, self._authorization, self._clock = rules, authorization, clock
        self._opened_at = clock.now()
        self._known: tuple[Rules, Authorization, Places] | None = None

    def places(self) -> Places:
        """Where files may be read and written now."""
        rules, held = self._rules(), self._authorization()
        if self._known is None or self._known[0] is not rules or self._known[1] is not held:
            self._known = (rules, held, self._judged(rules, held))
        return self._known[2]

    def _judged(self, rules: Rules, held: Authorization) -> Places:
        answer = authorized_again(rules, held, now=self._clock.now(), opened_at=self._opened_at)
        return NOWHERE if isinstance(answer, Refusal) else answer.files
