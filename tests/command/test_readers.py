"""What two readers see alike counts; where nobody agrees the reading says so."""

import pytest

from bastion.command import by_treesitter
from bastion.command.readers import read_grammar
from bastion.command.veil import veil


def read(text: str) -> tuple[list[list[str]], str]:
    found, reason = read_grammar(text, veil(text))
    return [[raw.text for raw in one.raws] for one in found if one.is_command], reason


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("a; b c | d", [["a"], ["b", "c"], ["d"]]),
        ("rm 2>/dev/null -rf /x", [["rm", "2>/dev/null", "-rf", "/x"]]),
        ("case $x in a|b) c;; *) d;; esac", [["c"], ["d"]]),
        ("select i in a b; do c; done", [["c"]]),
        ("if a; then b; elif c; then d; elif e; then f; else g; fi", [[c] for c in "abcdefg"]),
        ("{fd}>o a", [["{fd}>o", "a"]]),
        ("for ((i=0;i<3;i++)); do a; done", [["a"]]),
        ("{ a; } >b 2>c", [["a"], [">b", "2>c"]]),
        ("a | b >c", [["a"], ["b", ">c"]]),
        ("[[ -n a ]] && b", [["b"]]),
        ("echo [[:alpha:]] [a <b tc time", [["echo", "[[:alpha:]]", "[a", "<b", "tc", "time"]]),
        ("a; time b; c; tac", [["a"], ["b"], ["c"], ["tac"]]),
        ("[ -n a ] && b", [["[", "-n", "a", "]"], ["b"]]),
        ("a <>b", [["a", "<>b"]]),
        ("f() { a; } >b", [["a"], [">b"]]),
        ("é=1 b", [["é=1", "b"]]),
        ("ls !(*.a) +(b|c)", [["ls", "!(*.a)", "+(b|c)"]]),
        ("!(a b)", [["a", "b"]]),
        ("for f do a; done", [["a"]]),
    ],
)
def test_the_grammar_of_bash_is_read(text, commands):
    """Each construct by one reader or another."""
    assert read(text) == (commands, "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("create table t (a b)", "syntax-error"),
        ("(a | b", "unclosed"),
        ("case a in (a) b; (c", "unparsable"),
        ("a b(c) d", "syntax-error"),
        ("a b *(e:c:)", "unparsable"),
        ("a b\nc d (e)", "unparsable"),
        ("if a b; then (c; fi", "unclosed"),
    ],
)
def test_a_bracket_behind_an_argument_is_refused(text, reason):
    """By bash and its like; where another shell may run it the line is a riddle."""
    assert read(text)[1] == reason


@pytest.mark.parametrize("text", ["ls )", "if a; then"])
def test_what_no_reader_accepts_is_split(text):
    """Its words are there, and it is said to be no grammar."""
    found, reason = read(text)
    assert reason == "unparsable"
    assert all(found)


def test_readers_that_differ_are_heard_all():
    """A line that tree-sitter takes for one command, and bashlex for something else."""
    found, reason = read("for f do d=1; a; done")
    assert ["a"] in found
    assert reason in ("", "readers-disagree")


def test_a_line_end_begins_a_command():
    """Also where tree-sitter would go on."""
    assert read("psql\n\\?")[0] == [["psql"], ["\\?"]]


@pytest.mark.parametrize(
    ("text", "reason"), [("a&" * 4000, "parser-limit"), ("(" * 7000, "unclosed")]
)
def test_what_is_too_much_is_given_up(text, reason):
    """And what was found by then is there."""
    found, why = read_grammar(text, veil(text))
    assert why == reason
    assert bool(found) is ("a" in text)


@pytest.mark.parametrize("before", ["", "f() [[ 1 ]]; ", "select x in y; do z; done; "])
@pytest.mark.parametrize(
    ("text", "stages"),
    [
        ("a | b 2>&1 | c", {"a": 0, "b": 1, "c": 2}),
        ("a | b | c >x 2>&1 | d |& e 2>y | g >z", dict(zip("abcdeg", range(6), strict=True))),
        ("a && b 2>&1 | c", {"b": 0, "c": 1}),
        ("a && b | c 2>&1 | d", {"b": 0, "c": 1, "d": 2}),
    ],
)
def test_a_redirection_parts_no_pipeline(before, text, stages):
    """tree-sitter takes what stands before one for a pipeline, or a list, of its own."""
    found, _ = read_grammar(before + text, veil(before + text))
    named = [(raw.text, one) for one in found for raw in one.raws[:1]]
    places = {name: (one.pipeline, one.stage) for name, one in named if name in stages}
    assert {name: stage for name, (_, stage) in places.items()} == stages
    assert len({pipeline for pipeline, _ in places.values()}) == 1


@pytest.mark.parametrize(
    ("text", "seen"), [("a | b >c", "ab>c"), ("a && b >c", "ab>c"), ("a | b 2>x | c", "ab2>xc")]
)
def test_tree_sitter_sees_no_redirection_twice(text, seen):
    """Else a third reader would have to be asked, and that takes most of the time."""
    found = by_treesitter.seen(text, text) or []
    assert "".join(raw.text for one in found for raw in one.raws) == seen
