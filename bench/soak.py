r"""Random editing as people do it, half an hour of it: what was judged is what ran, line by line.

    make soak ARGS="--lines 500 --minutes 10 --seed 7"

A generator types at bash through the bastion: with mistakes and corrections, moving about, killing
and yanking, recalling, searching, pasting, completing, ahead of the prompt, while the window
changes. Every line is `: WORDS M<number>`; bash's own trace (`set -x`) says what ran.
"""

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bastion.relay.line import SHELL
from tests.gate.host import PROMPT, Account
from tests.gate.keyboard import Keyboard
from tests.gate.record import Record
from tests.gate.site import Site, gate_site
from tests.servers.waiting import turn

_LINE = (
    "train model.py --epochs 3 gpu-0 /data/set.bin naïve 日本語 x=1 checkpoint-12 a_b +y @host 50% "
    "very-long-name-of-an-experiment-2026-11-21-with-many-parts --learning-rate 0.003 resume ü"
)
_WORDS = tuple(_LINE.split())
_TRACE = "\nexec {trace}>>~/trace; BASH_XTRACEFD=$trace PS4='+ '; set -x\n"
_MARK = re.compile(r"\bM(\d+)$")
_ASSIGNMENTS = re.compile(r"^(\w+=\S* )+")
_PAUSE_SECONDS = 0.02
_PROMPT_SECONDS = 2.0
_SHOWN = 20
_LEAST = 0.95  # of the lines run: a few are typed into what a program reads
Keys = Iterator[str | tuple[int, int] | None]
"""What is typed: keys, a new size, or None for a short pause."""


class Person:
    """Somebody who types lines."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  no secret: the same lines again
        self._ways: tuple[Callable[[str], Keys], ...] = (
            self._typed,
            self._typed,
            self._corrected,
            self._from_behind,
            self._killed_and_yanked,
            self._recalled,
            self._searched,
            self._pasted,
            self._completed,
            self._cancelled_first,
            self._inserted,
            self._resized,
        )

    def line(self, number: int) -> Keys:
        """The keys that make line *number*, without the Enter."""
        return self._random.choice(self._ways)(f"M{number}")

    def types_ahead(self) -> bool:
        """Whether the next line is begun before the prompt is there."""
        return self._random.random() < 0.1

    def _text(self) -> str:
        count = self._random.choice((1, 2, 3, 3, 4, 6, 15))
        return " ".join([":", *self._random.choices(_WORDS, k=count)])

    def _typed(self, mark: str) -> Keys:
        yield from self._pieces(f"{self._text()} {mark}")

    def _pieces(self, text: str) -> Keys:
        """*text* in chunks as a network makes them."""
        while text:
            size = self._random.randint(1, 6)
            yield text[:size]
            text = text[size:]
            if self._random.random() < 0.05:
                yield None

    def _corrected(self, mark: str) -> Keys:
        for word in [*self._text().split(), mark]:
            yield from self._pieces(word)
            if self._random.random() < 0.3:
                wrong = self._random.choice(("x", "ab", "-z9"))
                yield wrong
                yield "\x7f" * len(wrong)
            yield " "
        yield "\x7f"

    def _from_behind(self, mark: str) -> Keys:
        head, tail = self._text(), f"{self._random.choice(_WORDS)} {mark}"
        yield from self._pieces(tail)
        yield self._random.choice(("\x01", "\x1b[H", "\x1bOH"))
        yield from self._pieces(f"{head} ")
        yield "\x05"

    def _killed_and_yanked(self, mark: str) -> Keys:
        yield from self._pieces("what is this doing here")
        yield self._random.choice(("\x15", "\x01\x0b", "\x17\x17\x17\x17\x17"))
        yield from self._pieces(f"{self._text()} y")
        yield self._random.choice(("\x17\x19", "\x01\x0b\x19", "\x15\x19"))
        yield f" {mark}"

    def _recalled(self, mark: str) -> Keys:
        yield self._random.choice(("\x1b[A", "\x1bOA", "\x10")) * self._random.randint(1, 4)
        yield self._random.choice(("\x05", ""))
        if self._random.random() < 0.5:
            yield f"\x17{mark}"
        else:
            yield f" {mark}"

    def _searched(self, mark: str) -> Keys:
        yield "\x12"
        yield from self._pieces(self._random.choice(("M", "train", "gpu", ": ")))
        yield "\x05"
        yield None
        yield f"\x15{self._text()} {mark}" if self._random.random() < 0.1 else f" {mark}"

    def _pasted(self, mark: str) -> Keys:
        yield f"\x1b[200~{self._text()} {mark}\x1b[201~"

    def _completed(self, mark: str) -> Keys:
        yield self._text()
        yield " /usr/local/sha"
        yield "\t"
        yield None
        yield f" {mark}"

    def _cancelled_first(self, mark: str) -> Keys:
        yield from self._pieces(self._text())
        yield "\x03"
        yield from self._typed(mark)

    def _inserted(self, mark: str) -> Keys:
        yield from self._pieces(f"{self._text()} {mark}")
        yield "\x1b[D" * self._random.randint(1, 4) + "\x1bb" * self._random.randint(1, 2)
        yield self._random.choice(("more ", "1 ", "\x1bd new "))
        yield f"\x05 {mark}"

    def _resized(self, mark: str) -> Keys:
        yield from self._pieces(self._text())
        yield (self._random.randint(40, 140), self._random.randint(12, 50))
        yield None
        yield f" {mark}"


@dataclass(frozen=True)
class Found:
    """How the lines came out, by their marks.

    Attributes:
        typed: how many lines were typed.
        differing: what ran, and what was judged.
        unjudged: what ran without being judged.
    """

    typed: int
    executed: int
    equal: int
    differing: tuple[tuple[str, tuple[str, ...]], ...]
    unjudged: tuple[str, ...]


async def type_lines(site: Site, lines: int, seed: int, seconds: float) -> Found:
    """Type so many lines at least, and for so long at least; how they came out."""
    account = site.account("bash")
    profile = account.home / ".bash_profile"
    profile.write_text(profile.read_text() + _TRACE)
    terminal = site.typist(account, "guardrail", (100, 30))
    try:
        await terminal.shows(PROMPT)
        person, typed, before, ends_at = Person(seed), 0, 0, time.monotonic() + seconds
        while typed < lines or time.monotonic() < ends_at:
            await _type(terminal, person.line(typed))
            typed += 1
            before = len(terminal.shown)
            terminal.press("\r")
            if not person.types_ahead():
                await _prompt(terminal, before)
        await terminal.rests(1.0)
        await _prompt(terminal, before)  # what was typed ahead may be held
        terminal.press("exit\r")
        await terminal.ends()
    finally:
        terminal.hang_up()
    return compare(account, await site.record(account), typed)


async def _type(terminal: Keyboard, keys: Keys) -> None:
    for key in keys:
        if key is None:
            await terminal.rests(_PAUSE_SECONDS)
        elif isinstance(key, str):
            terminal.press(key)
            await turn()  # chunks of their own, where the terminal is read meanwhile
        else:
            terminal.resize(*key)


async def _prompt(terminal: Keyboard, since: int) -> None:
    try:
        await terminal.shows(f"\x1b[?2004h{PROMPT}", since, _PROMPT_SECONDS)
    except TimeoutError:  # held for approval, say
        terminal.press("\x03")
        await terminal.rests(_PAUSE_SECONDS)


def compare(account: Account, record: Record, typed: int) -> Found:
    """What ran beside what was judged."""
    judged: dict[int, list[str]] = defaultdict(list)
    for command in record.commands:
        is_told = command.source == SHELL and command.outcome == "released"
        if is_told and (found := _MARK.search(command.text)):
            judged[int(found[1])].append(_plain(command.text))
    executed: dict[int, str] = {}
    for line in (account.home / "trace").read_text(errors="replace").splitlines():
        if line.startswith("+ ") and (found := _MARK.search(line)):
            executed[int(found[1])] = _plain(line.removeprefix("+ "))
    differing = {n: text for n, text in executed.items() if n in judged and judged[n] != [text]}
    return Found(
        typed=typed,
        executed=len(executed),
        equal=sum(judged[number] == [text] for number, text in executed.items()),
        differing=tuple((text, tuple(judged[number])) for number, text in differing.items()),
        unjudged=tuple(text for number, text in executed.items() if number not in judged),
    )


def _plain(text: str) -> str:
    """As the trace has it: one space, quotes where none need be, assignments in lines apart."""
    return _ASSIGNMENTS.sub("", " ".join(text.replace("'", "").split()))


def main() -> None:
    """Type, compare, print."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--lines", type=int, default=5000)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(asyncio.run(_main(parser.parse_args())))


async def _main(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="bastion-soak-") as folder:
        async with gate_site(Path(folder), 1) as site:
            found = await type_lines(site, options.lines, options.seed, 60 * options.minutes)
    print(f"{found.typed} lines typed, {found.executed} ran, {found.equal} as they were judged")
    for text, judged in found.differing[:_SHOWN]:
        print(f"  ran    {text!r}\n  judged {list(judged)!r}")
    for text in found.unjudged[:_SHOWN]:
        print(f"  not judged: {text!r}")
    return 0 if found.equal == found.executed > _LEAST * found.typed else 1


if __name__ == "__main__":
    main()
