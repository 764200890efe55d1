"""What one command hands to another."""

import pytest

from bastion.command.extract import extract
from bastion.command.feeds import Feeds
from bastion.command.reading import UNKNOWN


def handed(text: str, program: str) -> tuple[list[str], set[str]]:
    """The words of *program* in *text*, filled in, and who printed some of them."""
    reading = extract(text)
    (command,) = (c for c in reading.commands if c.program == program)
    found = Feeds(reading).to(command)
    return [word.text for word in found.command.words[1:]], set(found.by)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("echo /usr | xargs rm -rf", ["-rf", "/usr"]),
        ("echo a b | xargs rm", ["a", "b"]),
        ("echo /usr | sudo xargs -n1 rm -rf", ["-rf", "/usr"]),
        ("echo a | xargs -I% rm x/%", ["x/a"]),
        ("echo a | xargs -I % rm x/%", ["x/a"]),
        ("find /d -name '*.pt' | xargs rm", [f"/d/{UNKNOWN}*.pt"]),
        ("find /d -type f | grep -v x | sort | xargs rm", [f"/d/{UNKNOWN}"]),
        ("find . -name '*.pt' | xargs rm", ["*.pt"]),
        ("find $d | xargs rm", [UNKNOWN]),
        ("ls *.gguf | xargs rm", ["*.gguf"]),
        ("ls /d | xargs rm", [UNKNOWN, "*"]),
        ("ls -t | xargs rm", [UNKNOWN, "*"]),
        ('for f in *; do rm "$f"; done', ["*"]),
        ("for f in *; do ls; done; for f in ?; do rm $f; done", ["*"]),
        ("a=(x /d/* *.pt); rm ${a[@]}", ["/d/*", "*.pt"]),
        ('set -- *; for f in "$@"; do rm $f; done', ["*"]),
        ("for f in *.pt; do rm $f; done", ["*.pt"]),
        ("grep -rl x /d | xargs rm", [f"/d/{UNKNOWN}"]),
        ("cat list | xargs rm", [UNKNOWN]),
        ("xargs rm < list", [UNKNOWN]),
        ("ls | parallel rm -rf {}", ["-rf", UNKNOWN]),
        ("rm $(echo /usr)", ["/usr"]),
        ("rm `echo /usr`", ["/usr"]),
        ("rm /$(echo etc)/x", ["/etc/x"]),
        ("rm $(find /d -name x)", [f"/d/{UNKNOWN}x"]),
        ("rm $(cat list)", [UNKNOWN]),
        ("rm $x", [UNKNOWN]),
        ("rm a b", ["a", "b"]),
    ],
)
def test_words_are_filled_in(text, words):
    """As far as what prints them is known."""
    assert handed(text, "rm")[0] == words


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("kill $(<pids)", {"$(<"}),
        ("while read p; do kill $p; done < pids", {"<"}),
        ("kill $(pgrep x)", {"pgrep"}),
        ("kill -9 `pidof x`", {"pidof"}),
        ("ps aux | awk '{print $2}' | xargs kill", {"ps", "awk"}),
        ("kill 4711", set()),
        ("pgrep x; kill $p", set()),
        ("pgrep x; kill %1", set()),
    ],
)
def test_who_printed_them_is_told(text, by):
    """Of all that had a part in it."""
    assert handed(text, "kill")[1] == by
