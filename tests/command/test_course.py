"""What a variable holds where it is used: exactly, or all that it may hold, or unknown."""

import pytest

from bastion.command.extract import extract
from bastion.command.reading import UNKNOWN


def ran(text: str) -> list[str]:
    """The commands with words, as they would run."""
    return [" ".join(w.text for w in c.words) for c in extract(text).commands if c.words]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("x=dan; ${x}ger", "danger"),
        ("a=rm b=-rf; $a $b /", "rm -rf /"),
        ("a='rm -rf /'; $a", "rm -rf /"),
        ("a='rm -rf /'; \"$a\" x", "rm -rf / x"),
        ("a=rm && $a x", "rm x"),
        ("a=rm\n$a x", "rm x"),
        ("{ a=rm; }; $a x", "rm x"),
        ("a=b; a+=c; $a", "bc"),
        ("a=(rm -rf /); ${a[@]}", "rm -rf /"),
        ("a=(x rm); ${a[1]} $a", "rm x"),
        ("set -- a b; c $2 $#", f"c b {UNKNOWN}"),
        ("set -- a b; shift; c $1", "c b"),
        ("export a=rm; sh -c '$a x'", "rm x"),
        ("a=rm sh -c '$a x'", "rm x"),
        ("sh -c '$1 x' _ rm", "rm x"),
        ("a=rm; eval '$a x'", "rm x"),
        ("eval 'a=rm'; $a x", "rm x"),
        ("a=rm; echo $($a x)", "rm x"),
        ("a=rm; cat <<E\n$($a x)\nE", "rm x"),
        ("f() { rm $1; }; f x", "rm x"),
        ("f() { a=rm; }; f; $a x", "rm x"),
        ("f() { $1 x; }; g() { f $1; }; g rm", "rm x"),
        ("for i in rm; do $i x; done", "rm x"),
        ("for i in a b; do rm $i; done", "rm b"),
        ("rm$IFS-rf", "rm -rf"),
        ("IFS=,; a=rm,x; $a", "rm x"),
        ("HOME=/; rm ~/x", "rm //x"),
        ("a=/; rm -rf ${a}usr", "rm -rf /usr"),
        ("printf -v a 'r%s' m; $a x", "rm x"),
        ("a=x; a[1]=rm; ${a[1]} $a", "rm x"),
        ("a[0]=rm; $a x", "rm x"),
        ("set -- a b rm; shift 2; $1 x", "rm x"),
        ("set -- rm; shift 2; $1 x", "rm x"),
        ("set -o vi; r$1m x", "rm x"),
        ("set -euo pipefail rm; $1 x", "rm x"),
        ("set -- -f *; rm $1 x", "rm -f x"),
        ("set -- *; c $1", f"c {UNKNOWN}"),
        ("set -- * a; c $2", f"c {UNKNOWN}"),
        ("set -- a *; shift; c $1", f"c {UNKNOWN}"),
        ("f() { c $1; }; f /a/*", f"c /a/{UNKNOWN}"),
        ("declare -n b=a; a=rm; $b x", "rm x"),
        ('a=(r m); IFS=; "${a[*]}" x', "rm x"),
        ('IFS=-; a=(b c); "${a[*]}" x', "b-c x"),
        ("declare -n b=a; b=rm; $a x", "rm x"),
        ("env a=rm sh -c '$a x'", "rm x"),
        (": rm; $_ x", "rm x"),
        ("mkdir -p a; cd $_", "cd a"),
        ("hash -p /bin/rm ls; ls x", "/bin/rm x"),
        ("BASH_CMDS[ls]=/bin/rm; ls x", "/bin/rm x"),
        ("a=; $a rm x", "rm x"),
        ("unset a; $a rm x", "rm x"),
        ("a=x; (a=rm; $a y)", "rm y"),
        ("if a; then b=rm; $b x; fi", "rm x"),
    ],
)
def test_a_value_that_is_known_is_there(text, command):
    """The command is read as it will run."""
    assert command in ran(text)


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("a=x; b && a=y; $a", {"x", "y"}),
        ("a=x; if b; then a=y; fi; $a", {"x", "y"}),
        ("a=x; b && a=y || $a", {"x", "y"}),
        ("a=x; while b; do $a; a=y; done", {"x", UNKNOWN}),
        ("a=x; b | a=y; $a", {"x", "y"}),
        ("a=x; case b in b) a=y;; c) a=z;; esac; $a", {"x", "y", "z"}),
        ("for a in x y; do b; done; $a", {"x", "y", UNKNOWN}),
        ("rm ${a:-x}", {"rm x", f"rm {UNKNOWN}"}),
        ("a=x; a=y; $a", {"y"}),
        ("a=x; (a=y); $a", {"x"}),
        ("a=x; a=y & $a", {"x"}),
        ("a=x; echo $(a=y); $a", {"x"}),
    ],
)
def test_a_name_has_every_value_that_it_may_have(text, commands):
    """What a branch may have changed is read both ways; what a subshell changed is gone."""
    assert set(ran(text)) - {"b", "echo " + UNKNOWN} == commands


@pytest.mark.parametrize(
    "text",
    [
        "a=x; read a; $a",
        'a=x; printf -v a "$b"; $a',
        "a=x; mapfile a; $a",
        "a=x; . ./file; $a",
        "a=$(b); $a",
        "a=x; a[2]=y; ${a[2]}",
        "a=x; a[b]=y; ${a[0]}",
        "a=x; ((a=1)); $a",
        "a=x; let a=1; $a",
        "declare -u a; a=x; $a",
        "readonly a=x; a=y; $a",
        "declare -n b=a; a=x; b=y; c=z; declare -n d; $a",
        "n=a; a=x; export $n=y; $a",
        "IFS=$(b); a='x y'; $a",
        "RANDOM=x; $RANDOM",
        "a=x; sh -c '$a'",
        "a=x; f() { $a; }",
        "a=*; ${a/x*/y}",
        "a=x; ssh host '$a'",
        "$a",
        "a=x; : ${a:=y}; a=$b; $a",
        f"a={'a' * 500}; ${{a%%{'*a' * 200}b}}",
    ],
)
def test_what_may_have_another_value_is_not_known(text):
    """A wrong constant would hide what runs."""
    assert extract(text).opaque == "dynamic-command"


def test_many_values_are_one_unknown():
    """A line cannot make the reader work for ever."""
    names = [f"n{number}" for number in range(20)]
    text = "".join(f"for {n} in 1 2 3 4; do " for n in names) + f"rm ${'$'.join(names)}; "
    reading = extract(text + "done; " * len(names))
    assert [w.text for w in reading.commands[-1].words] == ["rm", UNKNOWN * len(names)]


def test_too_many_combinations_are_each_value_by_itself():
    """None of a few variables' values is lost."""
    loops = "for a in 1 2 3 4 5; do for b in 6 7 8 9; do rm $a-$b; done; done"
    texts = {command.words[1].text for command in extract(loops).commands}
    alone = {f"{a}-{UNKNOWN}" for a in "12345"} | {f"{UNKNOWN}-{b}" for b in "6789"}
    assert texts == alone


def test_a_loop_in_a_loop_has_an_end():
    """All values of all variables in every command of the innermost: not all of that is read."""
    text = "for a in 1 2 3 4; do for b in 1 2 3 4; do " + "rm $a $b; " * 300 + "done; done"
    assert extract(text).opaque == "parser-limit"


def test_functions_that_call_each_other_cost_little():
    """Each twice, thirty deep: what is not read is said not to be."""
    chain = "".join(f"f{n}() {{ f{n + 1}; f{n + 1}; }}; " for n in range(30))
    assert extract(f"{chain} f0").opaque == "parser-limit"


def test_a_function_that_calls_itself_is_read_once():
    """At its definition and at its call, and not once more."""
    assert len(ran("f() { rm x; f | f & }; f")) < 20


def test_readings_come_in_one_order():
    """In whichever process: that of the names, and of what each was given."""
    names = "abcdefgh"
    text = "; ".join(f"{name}=1" for name in names) + "; x && c=2; x && f=2; r $h$g$f$e$d$c$b$a"
    found = [line for line in ran(text) if line.startswith("r ")]
    assert found == ["r 11111111", "r 11211111", "r 11111211", "r 11211211"]
