"""The scan finds what the shell will run, by its own quote state."""

import pytest

from bastion.command import scan


def inside(text: str, *, is_document: bool = False) -> list[str]:
    return [piece.text for piece in scan.substitutions(text, is_document=is_document)]


@pytest.mark.parametrize(
    "text",
    [
        "echo $(CMD)",
        "echo `CMD`",
        "echo <(CMD)",
        "echo >(CMD)",
        'echo "a $(CMD) b"',
        'echo "a `CMD` b"',
        "echo 'a'$(CMD)''",
        "echo ${x:-$(CMD)}",
        'echo "${x:-$(CMD)}"',
        "echo ${x%%`CMD`}",
        "echo ${a[$(CMD)]}",
        "echo \"$'$(CMD)'\"",
        "echo $(( $(CMD) + 1 ))",
        "a=($(CMD))",
        'echo "it\'s $(CMD)"',
        "echo # it's\n$(CMD)",
        "echo a#b $(CMD)",
        'echo ${x:-"$(CMD)"}',
        'echo $"$(CMD)"',
    ],
)
def test_a_substitution_is_found(text):
    """Wherever the shell would run it."""
    assert inside(text) == ["CMD"]


@pytest.mark.parametrize(
    "text",
    [
        "echo '$(CMD)'",
        r"echo \$(CMD",
        "echo $'$(CMD)'",
        "ls # $(CMD)",
        'echo "<(CMD)"',
        "$((1 + 2))",
    ],
)
def test_text_that_the_shell_does_not_run_is_left_alone(text):
    """Single quotes, escapes and comments hold no commands."""
    assert inside(text) == []


def test_only_the_outermost_is_taken():
    """What stands inside is found when the inside is read."""
    assert inside("echo $(a $(b)) `c \\`d\\``") == ["a $(b)", "c `d`"]


def test_quotes_mean_nothing_in_a_document():
    """A here-document expands what stands between apostrophes."""
    assert inside("it's $(CMD) isn't", is_document=True) == ["CMD"]


def test_what_is_not_closed_runs_to_the_end():
    """Nothing hides behind a missing bracket."""
    assert inside("echo $(ls; rm x") == ["ls; rm x"]


def test_a_here_document_has_operator_body_and_end():
    """The body ends where its delimiter stands alone."""
    text = "cat <<-'END' >out\n\tone\n\tEND\nls"
    (document,) = scan.heredocs(text)
    assert document.operator.text == "<<-'END'"
    assert document.body.text == "\tone\n"
    assert not document.is_expanded
    assert text[document.end :] == "ls"


def test_an_apostrophe_in_a_body_opens_no_quote():
    """The second here-document is seen behind it."""
    text = "cat <<A\nit's\nA\ncat <<B\nb\nB\n"
    assert [document.body.text for document in scan.heredocs(text)] == ["it's\n", "b\n"]


def test_two_here_documents_of_one_line_follow_each_other():
    """Their bodies stand in the order of the operators."""
    text = "paste <<A <<B\n1\nA\n2\nB\n"
    assert [document.body.text for document in scan.heredocs(text)] == ["1\n", "2\n"]


def test_a_here_document_in_a_quoted_substitution_is_found():
    """As in `git commit -m "$(cat <<EOF`."""
    text = "git commit -m \"$(cat <<'EOF'\nit's (\nEOF\n)\"; ls"
    assert [document.body.text for document in scan.heredocs(text)] == ["it's (\n"]


@pytest.mark.parametrize(
    "text",
    ["echo $((1<<2))\nx", 'echo "$((1<<2))"\nx', "((a<<2))\nx", "cat <<< a\nx", "echo '<<E'\nx"],
)
def test_two_arrows_are_not_always_a_here_document(text):
    """Shifts, here-strings and quoted text hide no lines."""
    assert scan.heredocs(text) == []


def test_plain_characters_stand_outside_quotes_and_substitutions():
    """Only they can be operators."""
    text = "a'b'\"c\"$(d)`e`${f} # g"
    assert "".join(text[at] for at in scan.plain(text)) == "a "


def test_deep_nesting_is_no_slower_than_its_length():
    """A text of many brackets is scanned in one pass."""
    text = "(" * 5000
    assert scan.closing(text, 1) == len(text)
