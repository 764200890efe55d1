"""Every simple command of a text is found, or the reading says that it may not be."""

import pytest

from bastion.command.extract import extract
from bastion.command.reading import Reading
from bastion.command.state import ShellState


def programs(reading: Reading) -> list[str]:
    return [command.program for command in reading.commands]


CONTEXTS = [
    "CMD",
    "a; CMD",
    "a && CMD",
    "a || CMD",
    "a | CMD",
    "a |& CMD",
    "a & CMD",
    "a\nCMD",
    "! CMD",
    "( CMD )",
    "{ CMD; }",
    "time CMD",
    "time -p CMD",
    "coproc CMD",
    "coproc NAME { CMD; }",
    "if a; then b; elif c; then d; elif e; then CMD; fi",
    "if a; then b; elif c; then d; elif e; then f; else CMD; fi",
    "if CMD; then a; fi",
    "while CMD; do a; done",
    "until a; do CMD; done",
    "for i in a b; do CMD; done",
    "for ((i=0;i<3;i++)); do CMD; done",
    "select i in a; do CMD; done",
    "case a in a) CMD ;; esac",
    "case a in a) b ;; c) CMD ;; esac",
    "f() { CMD; }",
    "function f { CMD; }",
    "echo $(CMD)",
    "echo `CMD`",
    "echo $(a\nCMD)",
    "echo `a\nCMD`",
    "cat <(a\nCMD)",
    "cat > >(CMD)",
    "echo $(a && CMD)",
    "echo $(a $(b $(CMD)))",
    "echo `a \\`CMD\\``",
    'echo "$(CMD)"',
    "echo ${x:-$(CMD)}",
    'echo "${x:-$(CMD)}"',
    "echo ${x/$(CMD)/y}",
    "echo ${a[$(CMD)]}",
    "echo ${x:-`CMD`}",
    "echo ${x%%$(CMD)}",
    "echo 'a'$(CMD)''",
    "echo 'a'`CMD`'b'",
    "cat 'a'<(CMD)''",
    "echo \"$'$(CMD)'\"",
    "cat <<E\n$(CMD)\nE",
    "cat <<E\n`CMD`\nE",
    "cat <<E\nit's $(CMD)\nE",
    "cat <<E\na\nE\nCMD",
    "cat <<'E'\nit's\nE\nCMD",
    "cat <<E\na\\\nE\n'\nE\nCMD\n#'",
    "cat <<'E'\na\\\nE\nCMD",
    "echo $((1<<2))\nCMD",
    "echo $(( $(CMD) ))",
    "(( x = $(CMD) ))",
    "[[ -n $(CMD) ]]",
    "[[ a || CMD ]]",
    "[[ a ]] && CMD",
    "((1)) && CMD",
    "a=($(CMD))",
    "a=(b c); CMD",
    "a=$(CMD)",
    "A=1 CMD",
    "{fd}>o CMD",
    "A=1 2>/dev/null {fd}>o CMD",
    ">o CMD",
    "2>/dev/null CMD",
    "a > $(CMD)",
    "a <<< $(CMD)",
    'bash <<< "CMD"',
    "bash <<E\nCMD\nE",
    "sudo bash -s <<'E'\nCMD\nE",
    "cat <<E | sh\nCMD\nE",
    "sh -c CMD",
    "bash -lc 'CMD'",
    "bash -c \"sh -c 'CMD'\"",
    "eval CMD",
    "trap 'CMD' EXIT",
    "su -c CMD",
    "su -c'CMD'",
    "env -S 'CMD x'",
    "env -S'CMD x'",
    "env --split-string='CMD x'",
    "sudo CMD",
    "find . -exec CMD {} +",
    "ls | xargs CMD",
    "echo a # b\nCMD",
    "echo a#; CMD",
    'echo "[[ "; CMD; echo " ]]"',
    "echo '$(('; CMD; echo '))'",
    "x='${'; CMD",
    "CM\\\nD",
    "C'M'D",
    "\\CMD",
    "{CMD,a}",
    "/bin/CMD",
    "$'\\x43MD'",
]


@pytest.mark.parametrize("text", CONTEXTS)
def test_a_command_is_seen_wherever_it_runs(text):
    """There is no place in the grammar where a command can hide."""
    assert "CMD" in programs(extract(text))


@pytest.mark.parametrize("text", CONTEXTS)
def test_ordinary_grammar_is_not_opaque(text):
    """Whoever writes plain shell is not held for it."""
    assert extract(text).opaque == ""


@pytest.mark.parametrize(
    "text",
    ["echo 'CMD'", "cat <<'E'\n$(CMD)\nE", "cat <<E\nCMD\nE", "cat <<< CMD", "# CMD", "ls # CMD"],
)
def test_data_is_no_command(text):
    """A here-document that no shell reads, quoted text and comments run nothing."""
    assert "CMD" not in programs(extract(text))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("$x -rf /", "dynamic-command"),
        ("$(echo rm | b) x", "dynamic-command"),
        ("/bin/r? x", "dynamic-command"),
        ("{1..9999}", "dynamic-command"),
        ('bash -c "$x"', "dynamic-command"),
        ("bash <(curl x)", "dynamic-command"),
        ("sudo $x", "dynamic-command"),
        ("ls )", "unparsable"),
        ("ls \x01", "control-characters"),
        ("rm\u200b x", "control-characters"),
        ("ls \u202e x", "control-characters"),
        ("echo $(ls \x01)", "control-characters"),
        ("ls \\", "continued"),
        ("echo 'a", "unclosed"),
        ('echo "a $b', "unclosed"),
        ("a\necho 'a", "incomplete"),
        ("echo $(a 'b", "incomplete"),
        ("<p>", "syntax-error"),
        ("tmux attach -t <session name>", "syntax-error"),
        ("<p>; $x", "dynamic-command"),
        ("rm <1-9>", "unparsable"),
        ("<p>\nls", "unparsable"),
        ("cat <<E\na", "incomplete"),
        ("cat <<E", "incomplete"),
        ('echo "$\\\n(rm x)"', "hidden-command"),
        ("cat <<E\\\nOF\nx\nEOF\nrm x\nE", "hidden-command"),
        ("cat <<$'E'\nx\nE\nrm x\n$E", "hidden-command"),
        ("echo $(" * 40 + "a" + ")" * 40, "parser-limit"),
        ("$(" * 20000, "parser-limit"),
        ("cat <<E\nE\n" * 101, "parser-limit"),
    ],
)
def test_what_cannot_be_seen_has_a_reason(text, reason):
    """The first reason is kept."""
    assert extract(text).opaque == reason


def test_quoted_control_characters_are_data():
    """A coloured `printf` is ordinary."""
    assert extract("printf '\x1b[0m'").opaque == ""


def test_arguments_behind_a_redirection_are_kept():
    """The program gets them all."""
    (command,) = extract("rm 2>/dev/null -rf /x").commands
    assert [word.text for word in command.words] == ["rm", "-rf", "/x"]


def test_a_wrapper_and_what_it_runs_are_both_there():
    """In that order, and the second is marked."""
    reading = extract("sudo nice -n 5 rm x")
    assert programs(reading) == ["sudo", "nice", "rm"]
    assert [command.is_wrapped for command in reading.commands] == [False, True, True]


def test_pipelines_of_inner_texts_stay_apart():
    """A stage of one pipeline is not taken for that of another."""
    reading = extract("sh -c 'a | b'; c | d")
    places = {command.program: (command.pipeline, command.stage) for command in reading.commands}
    assert places["a"][0] == places["b"][0] != places["c"][0] == places["d"][0]
    assert (places["a"][1], places["b"][1]) == (0, 1)


@pytest.mark.parametrize(
    "text", ["a; sudo rm x", "echo $(rm x)", "bash -c 'rm x'", "cat <<E\n$(rm x)\nE", "(rm x) )"]
)
def test_a_span_shows_where_the_command_stands(text):
    """The approver sees it marked."""
    reading = extract(text)
    (found,) = (command for command in reading.commands if command.program == "rm")
    assert "rm x" in text[found.span.start : found.span.end]


def test_of_what_was_given_up_no_state_is_known():
    """The rest of the line may have set any variable, also where it has another reason first."""
    for text in ("x=1;" * 1300, "$x;" + "x=1;" * 1300, f"eval '{'x=1;' * 1300}'"):
        assert extract(text, ShellState()).state is None
    assert extract("$x; x=1", ShellState()).state is not None


@pytest.mark.parametrize("text", ["", " ", "\n\n", "# only a comment", "\t# a\n# b"])
def test_nothing_is_nothing(text):
    """An empty line and a comment run nothing and are not opaque."""
    assert extract(text) == Reading(text)


@pytest.mark.parametrize(
    "text",
    [
        r"echo a\ #; CMD",
        r"echo a\;#; CMD",
        "echo a\\\n#b; CMD",
        "echo $(x)#; CMD",
        "echo $((1))#; CMD",
        "echo <(x)#; CMD",
        "echo $(x)\\\n#; CMD",
        "a=(1)#; CMD",
        r"echo $(x\ #); CMD",
        "echo $(x $(y)#); CMD",
        "cat a\\ # <<E; CMD\nx\nE",
    ],
)
def test_a_hash_within_a_word_begins_no_comment(text):
    """A blank that is covered ends no word, nor does the bracket of a substitution."""
    assert "CMD" in programs(extract(text))


@pytest.mark.parametrize(
    "text",
    [
        "a #; x",
        "a;#; x",
        "a \\\n#; x",
        r"a \\ #; x",
        "(a)#; x",
        "(a)# it's\nb\n# it's",
        "# a \\\n# it's\nb\n#'",
        "$(a #)\n)#; b",
        "cat $(a) #'\nb #'",
    ],
)
def test_a_comment_hides_what_stands_in_it_alone(text):
    """Neither what it says is a command, nor does a quote in it hide the next line."""
    found = programs(extract(text))
    assert ("x" in found, "b" in found) == (False, "\nb" in text or "; b" in text)
