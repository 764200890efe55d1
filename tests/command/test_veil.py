"""bashlex sees a skeleton: as long as the text, without what it cannot read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.command.veil import veil

SHELL_TEXT = st.text(alphabet=" \t\nab;&|(){}[]<>$`'\"\\#!=*-/0", max_size=60)


@pytest.mark.parametrize(
    ("text", "skeleton"),
    [
        ("echo 'a b' c", "echo xxxxx c"),
        ("x='${'", "x=xxxx"),
        ("a $(b; c) d", "a xxxxxxx d"),
        ("ls # it's", "ls       "),
        ("time -p ls", "        ls"),
        ("if time ls; then a; fi", "if      ls; then a; fi"),
        ("[[ -n $x ]] && ls", "true        && ls"),
        ("((i++)); ls", "true   ; ls"),
        ("for ((;;)); do ls; done", "for i in x; do ls; done"),
        ("a=(b c) ls", "a=xxxxx ls"),
        ("a=(b; c) ls", "a=(b; c) ls"),
        ("a=(b\nls", "a=(b\nls"),
        ("l\\\ns", "lxxs"),
        ("ls \\\n -l", "ls    -l"),
        ("(ls; (a))", "(ls; (a))"),
        ("((a); (b))", "((a); (b))"),
    ],
)
def test_the_skeleton_keeps_only_the_grammar(text, skeleton):
    """Quoted parts are letters, comments and prefixes blanks, tests a word."""
    assert veil(text).text == skeleton


@pytest.mark.parametrize(
    "text",
    [
        'echo "[[ "; rm x; echo " ]]"',
        "echo '$(('; rm x; echo '))'",
        'echo "(("; rm x; echo "))"',
        "echo [[ a; rm x; echo ]]",
        "echo '; time '; rm x",
    ],
)
def test_quoted_brackets_veil_no_command(text):
    """What stands between two quoted brackets is still seen."""
    assert "; rm x" in veil(text).text


def test_what_another_shell_would_run_is_kept():
    """`[[ a || b ]]` is a test to bash and two commands to dash."""
    assert [piece.text for piece in veil("[[ a || rm x ]]").hidden] == [" a || rm x"]
    assert [piece.text for piece in veil("((rm x))").hidden] == ["rm x"]


@pytest.mark.parametrize("text", ["ls \\", "echo 'a", 'echo "a', "echo $(a", "echo `a", "echo ${a"])
def test_an_open_end_is_noticed(text):
    """The shell would wait for more."""
    assert not veil(text).is_complete


@given(SHELL_TEXT)
def test_the_skeleton_is_as_long_as_the_text(text):
    """Else the places of words would be wrong; and it holds no quote to be misread."""
    skeleton = veil(text).text
    assert len(skeleton) == len(text)
    assert not set("'\"`") & set(skeleton)
    assert "${" not in skeleton
