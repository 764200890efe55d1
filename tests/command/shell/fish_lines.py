"""Lines of fish that run `danger`, in all the ways in which fish writes a command."""

_ALL = r"""
and danger 1
false; or not danger 1
true; and danger 1
'and' danger 1
an\d danger 1
! not danger 1
echo a && not danger 1
time not danger 1
echo (danger 1)
echo $(danger 1)
echo "$(danger (danger 1))" (danger 1)
math (danger 1) + 1
echo (echo ')'; danger 1)
echo "a$(echo ')'; danger 1)"
echo {a,(danger 1)}
{danger,1}
echo >(danger 1)
d\x61nger 1
\144\u0061nger 1
dan''ger 1
echo 'a\' 'b; danger 1; #'
echo 'a\\'; danger 1; echo 'b'
echo "a\"b"; danger 1; echo "c"
echo "`"; danger 1; echo "`"
echo ` ; danger 1
echo 2>| danger 1
echo \2>|danger 1
echo &| danger 1
if true; danger 1; end
if false; else if danger 1; end
if begin; danger 1; end; end
for i in (danger 1); end
for danger in danger; $danger 1; end
switch a; case a; danger 1; end
switch (danger 1); case a; end
begin danger 1; end
begin; and danger 1; end
not begin; danger 1; end
echo | for i in 1; danger 1; end
function f -d 'it\'s; end'; danger 1; end; f
echo (echo x)#; and danger 1
echo "a"#x; danger 1
echo $x#x; danger 1
x=(danger 1) true
x=1 danger 1
set x danger; $x 1
set -l x danger; sh -c "$x"
set -p x danger; $x 1
set -gx x danger 1; $x
eval 'and danger 1'
eval 'd\x61nger 1'
eval echo '(danger 1)'
eval echo \(danger 1\)
eval 'eval \'echo (danger 1)\''
fish -c 'echo (danger 1)'
fish -c 'and danger 1'
alias zz danger; zz 1
alias zz='echo (danger 1)'; zz
alias ls danger; ls
complete -c zz -xa '(danger 1)'; complete -C 'zz '
complete -c zz --condition 'danger 1' -a x; complete -C 'zz '
echo 'danger 1' | source
sh -c 'echo \'a\'; danger 1'
find . -maxdepth 0 -exec danger 1 \;
"""
_ROWS = [
    "while danger 1\nbreak\nend",
    "echo a # it's\nand danger 1 # 'x'",
    "echo 'a' # it's\ndanger 1 # it's",
    "echo a; \\\ndanger 1",
    "dan\\\nger 1",
    "echo 'a\n'; danger 1",
    'echo "a\n$(danger 1)"',
    "begin\nand danger 1\nend",
    "switch a\ncase '*'\ndanger 1\nend",
    "echo \\\n# a\na; danger 1",
]
RUNS_DANGER = [*_ALL.strip("\n").split("\n"), *_ROWS]
"""Reading them says so."""
HIDDEN = [
    "$x 1",
    "$x[1] 1",
    "$$x 1",
    '"$x" 1',
    "(cat f) 1",
    "echo $PATH[(danger 1)]",
    "set x[(danger 1)] 1",
    "set HOME danger; $HOME 1",
    "echo a\rdanger 1",
    "eval $x 1",
    "eval (cat x)",
    "$HOME 1",
    "$IFS 1",
    "$_ 1",
    "set x a danger; $x[2] 1",
    "export x=ls; for x in (cat f); $x 1; end",
    "export x=ls; echo danger | read x; $x 1",
    "export x=ls; string match -rq '(?<x>danger)' danger; $x 1",
    "export x=ls; function f -a x; $x; end; f danger",
    "for HOME in (cat f); $HOME 1; end",
    "echo a[(echo ])b; danger; echo ]",
    "echo (echo [ )x ] y; danger",
    "echo (echo # )\ndanger)",
    "echo \u00a0#; danger 1",
    "echo <<X",
    "end",
    "echo (",
    "echo 'a",
    "argparse 'm=!danger' -- --m=1",
    "alias $x",
    "fish -c $x",
    "set -a x danger; $x 1",
    "sudo fish -l --command (cat f)",
    "complete -c zz -a $x",
]
"""Nobody knows what they run."""
TOKENS = [
    *(
        "'",
        '"',
        "\\",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "#",
        " # ",
        ";",
        "|",
        "&",
        "&&",
        "\n",
        "$",
        "`",
    ),
    *(" and ", " not ", "; end; ", "; if true; ", "; else; ", "; begin; ", "; for x in a; ", "*"),
    *(" >f ", "2>|", "\\\n", "$x", "$x[1]", "[[ ", " ]]", "~", "\\x27", "\\'", '\\"', "set x "),
]
"""What may stand anywhere, and change what a line says."""
