"""A script that came by standard input: what is judged of it, and what of it is shown.

What always holds: two scripts are shown alike only if they are the same bytes: what is too long, or
no text, is shown with its SHA-256, so that an approval of what is shown is one of the whole. What
it does not do: wait for input (`bastion.relay.feed`).
"""

import hashlib
import re
from dataclasses import dataclass
from itertools import islice

from bastion.command.intake import Intake
from bastion.command.parser import Parser
from bastion.command.scripts import blocks
from bastion.policy.command_rules import CommandRules
from bastion.policy.judge import judge, unseen
from bastion.verdict import Judgement, Span, strictest

_SHOWN_CHARS = 4 * 1024
_MOST_LINES = 10
_PATIENCE = 8.0  # a script that waits keeps nobody at a prompt, and other commands come in between
_LINE_CHARS = 200
_NO_TEXT = re.compile("[\ud800-\udfff\0]")
_UNSEEN = {Intake.FOREIGN: "foreign-script", Intake.HIDDEN: "script-hidden"}


@dataclass(frozen=True)
class Script:
    """What came, or a part of it.

    Attributes:
        data: the bytes that the host will get.
        intake: how the command takes them.
        is_whole: whether these are all that came, and no more will.
    """

    data: bytes
    intake: Intake
    is_whole: bool

    @property
    def text(self) -> str:
        """The bytes as text, one character for each byte that is none."""
        return _NO_TEXT.sub("\ufffd", self.data.decode("utf-8", "surrogateescape"))

    async def judged(self, parser: Parser, rules: CommandRules) -> Judgement:
        """The strictest judgement of its commands, and of what cannot be seen in it."""
        judgements = [] if self.is_whole else [unseen(rules, "script-part")]
        if reason := _UNSEEN.get(self.intake):
            return strictest([unseen(rules, reason), *judgements])
        if b"\0" in self.data:
            judgements.append(unseen(rules, "control-characters"))  # the shell drops them
        for block in blocks(self.text):
            reading = await parser.read(block.text, patience=_PATIENCE)
            found = judge(rules, reading, where="script")
            judgements.append(_moved(found, block.start))
        return strictest(judgements)

    def shown(self, judgement: Judgement) -> tuple[str, tuple[Span, ...]]:
        """What people see of it, and where in that the dangerous parts stand."""
        text = self.text
        if len(text) <= _SHOWN_CHARS and text.encode() == self.data:
            return text, judgement.dangerous
        head = text[:_SHOWN_CHARS]
        digest = hashlib.sha256(self.data).hexdigest()
        parts = [f"{head}\n[{len(self.data)} bytes in all, SHA-256 {digest}]\n"]
        spans = [span for span in judgement.dangerous if span.end <= len(head)]
        for span in islice((s for s in judgement.dangerous if s.end > len(head)), _MOST_LINES):
            line = text[span.start : span.end][:_LINE_CHARS]
            number = text.count("\n", 0, span.start) + 1
            label = f"[line {number}] "
            start = sum(map(len, parts)) + len(label)
            spans.append(Span(start, start + len(line)))
            parts.append(f"{label}{line}\n")
        return "".join(parts), tuple(spans)


def _moved(judgement: Judgement, offset: int) -> Judgement:
    spans = tuple(Span(s.start + offset, s.end + offset) for s in judgement.dangerous)
    return Judgement(
        judgement.verdict, judgement.rule, judgement.reason, spans, judgement.approvers
    )
