# Whether what asks is still ours while a line is asked for command by command. Part of bash.sh.
#
# No variable can be kept from a name that is computed. So what ours were when the last command had been asked for
# stands in the text of the DEBUG trap, where nothing but `trap` reaches. Before the next one they are put back; if
# that cannot be done the shell ends.

# Makes functions of all variables of ours: __bastion_shaped and __bastion_same, whether they are as $1 says, and
# __bastion_keep, which makes the DEBUG trap say it. The shape, which wants all names behind $1, is what cannot be put
# back: how many there are, attributes, and that numbers are numbers, which would be calculated. The rest are
# assignments.
__bastion_watch() {
    builtin local __bastion_here_name __bastion_here_shape='$#' __bastion_here_values= __bastion_here_own=true __bastion_here_back=
    for __bastion_here_name in $(builtin compgen -v __bastion_); do
        [[ $__bastion_here_name == __bastion_here_* || ${!__bastion_here_name@a} == *r* ]] && builtin continue
        __bastion_here_own="! -R $__bastion_here_name && $__bastion_here_own"
        __bastion_here_shape+=":\${$__bastion_here_name@a}"
        case $__bastion_here_name in
        # only ever read when they have been written anew, by an INT trap too
        __bastion_user | __bastion_known | __bastion_text | __bastion_id | __bastion_entry | __bastion_name | __bastion_said | __bastion_hiding | __bastion_last | __bastion_result | __bastion_fresh | __bastion_barred | __bastion_hooked | __bastion_now | __bastion_catches) ;;
        # too large
        __bastion_functions | __bastion_traps) __bastion_here_shape+="\${#$__bastion_here_name}" ;;
        # written before a question, which may be interrupted, and by PS0 between the lines of a paste
        __bastion_asker | __bastion_before_asking | __bastion_was | __bastion_drops | __bastion_due | __bastion_children | __bastion_go | __bastion_phase | __bastion_verdict | __bastion_epoch | __bastion_seen | __bastion_pending | __bastion_read | __bastion_line | __bastion_next | __bastion_returns) __bastion_here_shape+="\${$__bastion_here_name//[0-9-]}" ;;
        *) __bastion_here_values+=" \"\$$__bastion_here_name\"" __bastion_here_back+=" $__bastion_here_name=\$1; builtin shift;" ;;
        esac
    done
    for __bastion_here_name in __bastion_user[{HISTCONTROL,HISTIGNORE,HISTSIZE,PS1,PS2}] __bastion_known[{PS0,PS1,PS2,PS4,PROMPT_COMMAND}]; do
        __bastion_here_shape+=":\${$__bastion_here_name+s}"
        __bastion_here_values+=" \"\${$__bastion_here_name-}\"" __bastion_here_back+=" if [[ -v $__bastion_here_name ]]; then $__bastion_here_name=\$1; fi; builtin shift;"
    done
    # What a reference names is expanded where it is read. [[ is slow to compare long texts, and no pattern matches
    # while an interrupt waits.
    builtin eval "__bastion_shaped() {
[[ $__bastion_here_own ]] && { [[ $__bastion_here_shape == \"\$1\" ]] || builtin test \"$__bastion_here_shape\" = \"\$1\" || __bastion_is_alike \"$__bastion_here_shape\" \"\$1\"; }
}
__bastion_same() {
builtin printf -v __bastion_now '%q ' $__bastion_here_values
builtin test \"\$__bastion_now\" = \"\$1\"
}
__bastion_restore() { $__bastion_here_back }
__bastion_keep() {
builtin printf -v __bastion_now '%q ' $__bastion_here_values
__bastion_tracer \"{ \\\\__bastion_stepwise \\\"\\\$BASH_COMMAND\\\" '\${__bastion_looks:+-/}\${__bastion_armed:+-/}\${__bastion_user_debug:+-/}ok.$\$.\$__bastion_epoch.' $__bastion_here_shape \${__bastion_now@Q} \\\"\\\$_\\\" && case \\\$__bastion_go in 1) ((__bastion_go=0,1)) ;; *) ((0)) ;; esac; } 2>/dev/null\"
}"
}

# The same but for attributes x: with `set -a` all that is assigned to is exported.
__bastion_is_alike() { [[ ${1//x} == "${2//x}" ]]; }

# The DEBUG trap of a line that is asked for command by command: whether the command $1 may run. $2 is where it stands
# what was allowed, $3 and $4 are what __bastion_keep kept; $5 is to be $_ after it.
__bastion_stepwise() {
    [[ ! -R __bastion_go ]] || __bastion_leave
    __bastion_go=0
    # Heads, and plain commands that were allowed in this line, if nothing else is to be done. As yet nothing is sure
    # to be ours: nothing of it is written, and no reference read.
    if [[ $2 == ok* && ! -R PROMPT_COMMAND && ! -R __bastion_returns && ! -R __bastion_verdict && $- == *T* && :$BASHOPTS: == *:extdebug:* && $__bastion_returns$__bastion_verdict == [12] && ${PROMPT_COMMAND[*]-} == *__bastion_prompt\ * ]] && [[ $1 == @('for '|'case '|'select '|'(('|'[[ ')* || $1 != *$'\1'* && $1 != @(set|trap|builtin|command|PROMPT_COMMAND)* && (${1%%[[:space:]]*} != *[!a-zA-Z0-9_./:+-]* || $1 != *[[:space:]]*) && -e $__bastion_folder/$2${1//'/'/$'\1\2'} ]]; then
        [[ known ]]
    elif ! __bastion_is_ours "$1" "$3" "$4"; then
        __bastion_last=$5 __bastion_fresh= __bastion_barred=
        __bastion_decide_alone "$1"
        # where an interrupt ends the line it is lent again
        if [[ -n $__bastion_fresh && -z $__bastion_lent ]] && ! __bastion_same "$4"; then
            __bastion_keep "" "${!__bastion_@}"
            builtin trap -- "$__bastion_now" DEBUG
        fi
        if [[ -n $__bastion_barred ]]; then builtin enable -n trap; fi
        ((__bastion_result == 0)) || builtin return "$__bastion_result"
    fi
    __bastion_go=1
}

# Whether the command $1 is ours and to run; $2 and $3 are what was kept.
__bastion_is_ours() {
    case "$((BASH_SUBSHELL > 0)) ${FUNCNAME[2]-} $1" in
    # they run within the person's INT trap, and change nothing that counts; the last one ends its substitution
    ?' __bastion_own '* | ?' __bastion_own_within '* | ?' __bastion_catch '* | ?' __bastion_as '* | ?' __bastion_catch_end '* | '1 __bastion_begun '*) ;;
    *)
        __bastion_own
        __bastion_shaped "$2" "${!__bastion_@}" || __bastion_leave
        __bastion_same "$3" || __bastion_put_back "$1" "$3"
        ;;&
    ?' __bastion_ask_line '* | "1  ''__bastion_begun") ;;
    ?'  \__bastion_prompt "$_"' | ?'  \__bastion_prompts "$_"')
        __bastion_hooked=$'\037'
        __bastion_trace
        ;;
    *) [[ -z ours ]] ;;
    esac
}

__bastion_put_back() {
    builtin eval "__bastion_restore $2"
    # who interrupts us is no cheat
    [[ $1 == '\__bastion_prompt'* ]] || __bastion_accuse
}

__bastion_accuse() {
    builtin printf '%s H %s 0 %s what asks was changed\n' "$__bastion_nonce" "$$" "$BASHPID.$RANDOM$RANDOM$RANDOM" 1<>"$__bastion_folder/q"
}

__bastion_leave() {
    __bastion_accuse
    builtin kill -KILL $$ "$BASHPID"
}

# An interrupt at the wrong time (in a trap that runs in a DEBUG trap) has bash believe that its DEBUG trap runs, for
# good: then no command can be asked for.
__bastion_probe() {
    __bastion_stuck=1
    builtin trap -- '__bastion_stuck=' DEBUG
    [[ probed ]]
}

# Leaves in __bastion_result what is decided on the command $1, which no trap of the person's interferes with.
__bastion_decide_alone() {
    builtin local __bastion_here_signals
    __bastion_result=1
    __bastion_lend_signals none
    [[ $__bastion_go == 2 ]] || builtin return 0
    __bastion_decide "$1"
    __bastion_result=$?
    if [[ -n $__bastion_here_signals ]]; then builtin eval "$__bastion_here_signals"; fi
    __bastion_lend_children
}

# Decides on the command $1 of such a line.
__bastion_decide() {
    __bastion_rehook
    if [[ -n $__bastion_returns$__bastion_looks ]]; then __bastion_fresh=1; fi
    # without these nothing in a function is asked for, and nothing is skipped
    if [[ $- != *T* || :$BASHOPTS: != *:extdebug:* ]]; then __bastion_own && builtin shopt -s extdebug && builtin set -T; fi
    if [[ -n $__bastion_returns ]] && __bastion_returned; then
        builtin return 2
    elif [[ -n $__bastion_looks ]] && ! __bastion_looked "$1"; then
        [[ -z refused ]]
    elif [[ $__bastion_verdict != 0 ]] && __bastion_judge "$1"; then
        # any other command sets no trap, but what it runs
        case ${1%%[[:space:]]*}$__bastion_armed in trap* | builtin* | command* | eval[0-9]* | source[0-9]* | .[0-9]* | *[!a-zA-Z0-9_./:+-]*) __bastion_looks=1 __bastion_stepping=$1 __bastion_fresh=1 ;; esac
        case $1 in set\ * | *PROMPT_COMMAND* | *trap*) __bastion_fresh=1 ;; esac
        case $1 in
        # what is ours is called by us alone
        [\\\"\']*__bastion_* | __bastion_*)
            __bastion_result=${1//[\\\"\']/}
            [[ $__bastion_ours != *$'\n'"${__bastion_result%%[[:space:]]*}"$'\n'* ]]
            ;;
        set\ *history*) __bastion_history "${1//[\"\'\\]/}" ;;
        PROMPT_COMMAND=\(*['(`']* | PROMPT_COMMAND+=\(*['(`']*) ;;
        PROMPT_COMMAND=\(* | PROMPT_COMMAND+=\(*) __bastion_assign "$1" ;;
        *['(`']*) ;;
        PROMPT_COMMAND=* | PROMPT_COMMAND+=* | unset\ PROMPT_COMMAND) __bastion_assign "$1" ;;
        trap | trap\ -p*) __bastion_list "$1" ;;
        trap\ -l*) ;;
        set\ *+*[To]* | shopt\ *-*u*extdebug*) __bastion_untold "$1" ;;
        trap\ *) __bastion_arm && __bastion_trap "$1" ;;
        esac && case ${1%%[[:space:]]*} in
        *[!a-zA-Z0-9_./:+-]* | builtin | command) [[ $1 == [a-zA-Z_]*=* && $1 != *[[:space:]]* ]] || __bastion_disguised "$1" ;;
        esac
    else
        [[ -z refused ]]
    fi
}

# What would keep functions and subshells from being asked for does so only where it is nothing to us.
__bastion_untold() {
    __bastion_own
    builtin eval "$1"
    builtin shopt -s extdebug
    builtin set -T
    [[ -z skipped ]]
}

# Whether the command $1, whose name is not plain, may run as it is. Where nobody can tell, it is no `trap`.
__bastion_disguised() {
    __bastion_own
    __bastion_result=$(''__bastion_uncovered "$1")
    case $__bastion_result in
    'trap '*) __bastion_arm && __bastion_trap "$1" ;;
    '') __bastion_barred=1 ;;
    esac
}

# Prints the words of $1 behind assignments and what calls builtins, if they are to be had without running anything.
__bastion_uncovered() {
    __bastion_own
    builtin trap - DEBUG RETURN
    __bastion_resolve "$1 ''*"
    [[ $__bastion_text != "$1 ''*" ]] || builtin return 0
    builtin eval "builtin set -f -- $__bastion_text"
    while [[ $1 == [a-zA-Z_]*=* || $1 == builtin || $1 == command || $1 == -p || $1 == -- ]]; do builtin shift; done
    builtin printf '%s ' "$@"
}
