# What the words of a command will be. Part of bash.sh.

# Leaves $1 in __bastion_text, with its words as they will be where finding out runs and changes nothing.
__bastion_resolve() {
    builtin local __bastion_here_bare= __bastion_here_rest __bastion_here_plain='^[^$]*[$]([!$]|[{]?([A-Za-z][A-Za-z0-9_]*))'
    __bastion_text=$1
    [[ $1 == *['$*?[~']* ]] && ((${#1} < 4000)) && __bastion_unquote "$1" || builtin return 0
    __bastion_here_rest=$__bastion_here_bare
    while [[ $__bastion_here_rest == *'$'* ]]; do
        [[ $__bastion_here_rest =~ $__bastion_here_plain ]] || builtin return 0
        __bastion_here_rest=${__bastion_here_rest:${#BASH_REMATCH[0]}}
        case ${BASH_REMATCH[2]-} in
        RANDOM | SRANDOM | SECONDS | EPOCH* | LINENO | BASH* | FUNCNAME | PIPESTATUS) builtin return 0 ;;
        esac
        # what a reference has in a subscript runs
        [[ ! -R ${BASH_REMATCH[2]-} && (${BASH_REMATCH[1]} != '{'* || $__bastion_here_rest == '}'*) ]] || builtin return 0
    done
    builtin eval "set -- $1" || builtin return 0
    builtin printf -v __bastion_text ' %q' "$@"
    __bastion_text=${__bastion_text# }
}

# Leaves in __bastion_here_bare what of $1 the shell expands, if it is nothing but words: what double quotes hold
# stands apart there, what other quotes hold not at all.
__bastion_unquote() {
    builtin local __bastion_here_left="$1" __bastion_here_inner
    builtin local __bastion_here_quoted="^([^\\\\'\"]*)(\\\\.|'[^']*'|\"(([^\"\\\\]|\\\\.)*)\")"
    while [[ $__bastion_here_left =~ $__bastion_here_quoted ]]; do
        __bastion_here_left=${__bastion_here_left:${#BASH_REMATCH[0]}}
        __bastion_here_inner=${BASH_REMATCH[3]-}
        [[ ${BASH_REMATCH[1]} != *['`<>|&;()!']* && ${BASH_REMATCH[1]} != *$'\n'* && ${BASH_REMATCH[1]} != *'$' ]] || builtin return 1
        __bastion_here_bare+="${BASH_REMATCH[1]} ${__bastion_here_inner//\\?/} "
    done
    [[ $__bastion_here_left != *[\\\'\"'`<>|&;()!']* && $__bastion_here_left != *$'\n'* ]] || builtin return 1
    __bastion_here_bare+=$__bastion_here_left
    [[ $__bastion_here_bare != *'`'* ]]
}
