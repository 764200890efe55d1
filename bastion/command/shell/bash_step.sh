# What runs in the person's own bash: asking step by step, lending and giving back. Part of bash.sh.

# __bastion_adopt NAME trap -- BODY NAME: a trap of the person's, if any. In posix mode a dash stands for none.
__bastion_adopt() {
    if [[ ${4-} == - ]]; then builtin set -- "$1"; fi
    case $1 in
    INT)
        # lent as ours, it is still what it was
        if [[ ${4-} != "$__bastion_interrupted" ]]; then __bastion_has_int=${5:+1} __bastion_user_int=${4-}; fi
        ;;
    CHLD) __bastion_user_child=${4-} ;;
    RTMAX)
        if [[ ${4-} != "$__bastion_rule" ]]; then __bastion_has_rule=${5:+1} __bastion_user_rule=${4-}; fi
        ;;
    RETURN)
        if [[ -n ${4-} && $4 != "$__bastion_unreturned"* ]]; then builtin trap -- "$__bastion_unreturned$4$__bastion_esac" RETURN; fi
        ;;
    DEBUG)
        if [[ ${4-} != *__bastion_step* ]]; then
            __bastion_user_debug=${4-}
            __bastion_user_debug=${__bastion_user_debug#"$__bastion_unseen"}
            if [[ ${4-} == "$__bastion_unseen"* ]]; then __bastion_user_debug=${__bastion_user_debug%"$__bastion_esac"}; fi
        fi
        ;;
    esac
}

# The trap on the signal that PS0 sends: the line that was read may run, or the shell is interrupted. $1 is only
# there to be $_ after it. What is asked for here passes our DEBUG trap, so the phase comes last. It fails where signals
# are to be sent again.
__bastion_ask_line() {
    if [[ $__bastion_phase == 6 ]]; then
        __bastion_own
        builtin trap - DEBUG
        # counted by bash already, and it runs only when it is released
        __bastion_drops=$((__bastion_drops + 1))
        __bastion_line
        if ((__bastion_ruled)); then __bastion_drops=$((__bastion_drops - 1)); fi
        __bastion_line=$__bastion_number __bastion_next=$((__bastion_number + 1)) __bastion_verdict=$__bastion_ruled
        case $__bastion_ruled in
        0)
            __bastion_trace
            __bastion_stop
            ;;
        3) __bastion_lend_nested ;;
        *) __bastion_release ;;
        esac
        if [[ $__bastion_ruled == [13] ]]; then __bastion_tell_signals 4; fi
        if [[ $__bastion_ruled == 2 ]]; then
            __bastion_keep "" "${!__bastion_@}"
            # not in a function, which the person's RETURN trap would end
            builtin trap -- "$__bastion_now" DEBUG
        fi
        [[ -z $__bastion_resend ]] && __bastion_phase=4
    fi
}

# A shell within is to ask as well.
__bastion_lend_nested() {
    builtin export POSIX_PEDANTIC=y ENV="$__bastion_folder/bash"
    __bastion_nested=1 __bastion_verdict=1
    __bastion_release
}

# The DEBUG trap: whether the command $1 may run. Its status says so; $2 is only there to be $_ after it.
__bastion_step() {
    [[ ! -R __bastion_go ]] || __bastion_leave
    __bastion_go=0 __bastion_last=$2 __bastion_result=0
    # what passes is ours and nothing that only begins alike: these functions can be no others
    case "$__bastion_phase$__bastion_verdict ${FUNCNAME[1]-} $1" in
    # a RETURN trap there, which does nothing
    '4'?' __bastion_ask_line '*) ;;
    # they run within the person's INT trap
    '4'?' __bastion_own '* | '4'?' __bastion_own_within '* | '4'?' __bastion_catch '* | '4'?' __bastion_as '* | '4'?' __bastion_catch_end '*) ;;
    # 2: Ctrl-C at a continued line leads to the prompt as if nothing had been read
    '4'?' __bastion_prompt '* | '4'?' __bastion_prompts '* | [24]?'  \__bastion_prompt "$_"' | [24]?'  \__bastion_prompts "$_"' | 1*) ;;
    40* | 5*)
        __bastion_rehook
        __bastion_result=1
        ;;
    41*)
        __bastion_own
        __bastion_release
        ;;
    43*)
        __bastion_own
        __bastion_lend_nested
        ;;
    42*)
        if [[ -n $__bastion_lent ]]; then
            __bastion_own
            __bastion_release
        fi
        __bastion_barred=
        __bastion_decide_alone "$1"
        if [[ -z $__bastion_lent ]]; then
            __bastion_own
            __bastion_keep "" "${!__bastion_@}"
            builtin trap -- "$__bastion_now" DEBUG
        fi
        if [[ -n $__bastion_barred ]]; then builtin enable -n trap; fi
        ;;
    2*)
        # While a line is edited, completions, keys and traps run commands. What a function does was
        # judged when it was made.
        if [[ $1 != "''__bastion_more 2> /dev/null" && (-z ${FUNCNAME[1]-} || ${FUNCNAME[-1]} == source) ]]; then
            __bastion_lend_children none
            __bastion_judge "$1"
            __bastion_result=$?
            __bastion_lend_children
        fi
        ;;
    esac
    if ((__bastion_result)); then __bastion_as "$__bastion_result"; else __bastion_go=1; fi
}

# Prompt commands of the person's own are set as they would be, and ours around them again.
__bastion_assign() {
    __bastion_own
    builtin eval "$1"
    __bastion_hooks before
    [[ -z skipped ]]
}

# A line may take our prompt command away, but not for long.
__bastion_rehook() {
    if [[ ${PROMPT_COMMAND[*]-} != *__bastion_prompt\ * ]]; then PROMPT_COMMAND+=("$__bastion_after"); fi
}

# Lines are seen in the history only: who turns it off has each line forgotten instead, by us.
__bastion_history() {
    case $1 in
    'set +o history') __bastion_forget=1 && [[ -z skipped ]] ;;
    'set -o history') __bastion_forget= ;;
    esac
}

# Where in our folder it stands that $1 was allowed in this line.
__bastion_key() {
    __bastion_name=${1//$'\1'/$'\1\1'}
    __bastion_name=ok.$$.$__bastion_epoch.${__bastion_name//'/'/$'\1\2'}
}

# Asks for a command, once a line.
__bastion_judge() {
    __bastion_key "$1"
    # of compound commands, what they run is asked for, not their heads
    if [[ $1 != 'for '* && $1 != 'case '* && $1 != 'select '* && $1 != '(('* && $1 != '[[ '* && (${#__bastion_name} -le 250 || $__bastion_allowed != *$'\037'"$1"$'\037'*) && (${#__bastion_name} -gt 250 || ! -e $__bastion_folder/$__bastion_name) ]]; then
        # an interrupt may keep us from ever hearing the answer
        __bastion_fresh=1 __bastion_asker=$BASHPID __bastion_before_asking=$__bastion_verdict __bastion_verdict=0
        case $(''__bastion_question "$1") in
        A)
            if [[ ${#__bastion_name} -gt 250 && $1 != *$'\037'* ]]; then __bastion_allowed+=$'\037'$1$'\037'; fi
            __bastion_verdict=$__bastion_before_asking
            ;;
        O | S) __bastion_verdict=$__bastion_before_asking ;;
        *) [[ -z refused ]] ;;
        esac
    fi
}

# Gives back what was lent, and stops asking unless each command is to be asked for: the line runs.
__bastion_release() {
    if [[ -n $__bastion_lent ]]; then __bastion_give_back; fi
    if [[ $__bastion_verdict == 1 ]]; then __bastion_untrace; else __bastion_stepped=1; fi
    if [[ $__bastion_verdict == 2 && $BASHPID == "$$" ]]; then __bastion_hooks before; fi
}

__bastion_give_back() {
    if [[ -n $__bastion_has_int && ($BASHPID == "$$" || -z $__bastion_user_int) ]]; then
        builtin trap -- "$__bastion_user_int" INT
        if [[ $__bastion_verdict$__bastion_phase == 2[46] ]]; then __bastion_lend_interrupts; fi
    fi
    # not at a prompt: what asked for a line that was interrupted may send it still, and it would end the shell
    if [[ -n $__bastion_has_rule && $__bastion_phase != 1 ]]; then
        builtin trap -- "$__bastion_user_rule" RTMAX
    elif [[ $__bastion_phase != 1 ]]; then
        builtin trap - RTMAX
    fi
    if [[ $BASHPID == "$$" ]]; then
        __bastion_return_signals
        __bastion_return HISTCONTROL
        __bastion_return HISTIGNORE
        if [[ -v __bastion_user[HISTSIZE] ]]; then __bastion_return HISTSIZE; fi
        __bastion_return PS1
        __bastion_return PS2
        if [[ -n $__bastion_pending ]]; then __bastion_remember; fi
        if [[ $__bastion_user_options != *:cmdhist:* ]]; then builtin shopt -u cmdhist; fi
        if [[ $__bastion_user_options != *:promptvars:* ]]; then builtin shopt -u promptvars; fi
    fi
    # last: who is interrupted in the midst of it does it again
    __bastion_lent=
}

# The line enters the history as it would have without us: by the person's own settings, or not at all.
__bastion_remember() {
    __bastion_pending=
    if [[ -n $__bastion_forget ]]; then
        builtin history -d "$__bastion_line"
    elif [[ -n ${HISTCONTROL-}${HISTIGNORE-} ]]; then
        __bastion_newest
        if [[ -n $__bastion_entry && $__bastion_number == "$__bastion_line" ]]; then
            # neither a trap nor a prompt command deletes it by itself
            builtin history -d "$__bastion_line"
            builtin history -s "$__bastion_entry"
        fi
    fi
}

# __bastion_lend_variable NAME VALUE, __bastion_return NAME
__bastion_lend_variable() {
    if [[ -v $1 ]]; then __bastion_user[$1]=${!1}; else builtin unset "__bastion_user[$1]"; fi
    builtin printf -v "$1" %s "$2"
}

__bastion_return() {
    if [[ -v __bastion_user[$1] ]]; then builtin printf -v "$1" %s "${__bastion_user[$1]}"; else builtin unset "$1"; fi
}

__bastion_lend() {
    builtin local __bastion_here_flags="$-" __bastion_here_signals=
    __bastion_lent=1 __bastion_traced=1
    __bastion_user_options=:$BASHOPTS: __bastion_user_shell=:$SHELLOPTS:
    __bastion_lend_variable HISTCONTROL ''
    __bastion_lend_variable HISTIGNORE ''
    # only where it has to be: giving it a value may have bash forget to save lines
    if [[ ${HISTSIZE-} =~ ^[[:space:]]*[+-]?0+[[:space:]]*$ ]]; then __bastion_lend_variable HISTSIZE 1; else builtin unset "__bastion_user[HISTSIZE]"; fi
    __bastion_lend_variable PS1 "$__bastion_begin${PS1-}$__bastion_end"
    __bastion_lend_variable PS2 "$__bastion_ps2${PS2-}"
    __bastion_begin_lines
    builtin shopt -s cmdhist promptvars extdebug
    __bastion_probe
    if [[ $__bastion_here_flags != *E* ]]; then builtin set +E; fi
    if [[ -n $__bastion_has_int ]]; then builtin trap - INT; fi
    builtin trap -- "$__bastion_rule" RTMAX
    __bastion_noted= __bastion_due=0 __bastion_children=0
    __bastion_lend_signals
    __bastion_user_signals=$__bastion_here_signals
    __bastion_trace
}

# PS0: ours, which expands the person's own.
__bastion_begin_lines() {
    builtin local __bastion_here_own="${PS0-}"
    if builtin test "$__bastion_here_own" != "$__bastion_ps0$__bastion_ps0_end"; then
        __bastion_here_own=${__bastion_here_own//"$__bastion_ps0"/"$__bastion_user_ps0"}
        __bastion_here_own=${__bastion_here_own//"$__bastion_ps0_end"}
        # while an interrupt waits, no pattern matches, but this does
        if ! [[ $__bastion_here_own =~ __bastion_user_ps0 ]]; then __bastion_user_ps0=$__bastion_here_own; fi
        PS0=$__bastion_ps0$__bastion_ps0_end
    fi
}

# Our DEBUG trap, and the person's own after it.
__bastion_trace() {
    __bastion_tracer "$__bastion_hook"
    builtin trap -- "$__bastion_now" DEBUG
}

# Leaves the DEBUG trap that runs $1.
__bastion_tracer() {
    if [[ -z $__bastion_user_debug ]]; then
        # left of &&, a skipped command is no failure, which `set -e` or an ERR trap would see
        __bastion_now="$1 || { \\__bastion_as \$? && ((1)); }"
    else
        builtin local __bastion_here_where='::0:*'
        if [[ $__bastion_user_shell == *:functrace:* ]]; then __bastion_here_where=':*'; fi
        __bastion_now="$1 && { case \$__bastion_phase:\${FUNCNAME-}:\$BASH_SUBSHELL:\$BASH_COMMAND in *__bastion_*) ;; 4$__bastion_here_where)
$__bastion_user_debug$__bastion_esac
((1))
}"
    fi
}

# No command is asked for any more, and debugging is as the person has it.
__bastion_untrace() {
    if [[ -n $__bastion_user_debug && ($BASHPID == "$$" || $__bastion_user_shell == *:functrace:*) ]]; then
        builtin trap -- "$__bastion_unseen$__bastion_user_debug$__bastion_esac" DEBUG
    else
        builtin trap - DEBUG
    fi
    __bastion_tracing
}

__bastion_tracing() {
    __bastion_traced=
    if [[ $__bastion_user_options != *:extdebug:* ]]; then builtin shopt -u extdebug; fi
    if [[ $__bastion_user_shell == *:functrace:* ]]; then builtin set -T; else builtin set +T; fi
    if [[ $__bastion_user_shell == *:errtrace:* ]]; then builtin set -E; else builtin set +E; fi
}

# Puts our hooks around the person's own prompt commands, which it leaves in __bastion_commands: the first
# one before the person's first, so that assigning to PROMPT_COMMAND means what it would without us.
__bastion_hooks() {
    builtin local __bastion_here_command __bastion_here_joined IFS=$'\037'
    builtin local -a __bastion_here_commands
    __bastion_here_commands=()
    if [[ -z ${1-} && ${PROMPT_COMMAND[*]-} == "$__bastion_hooked" ]]; then builtin return; fi
    for __bastion_here_command in "${PROMPT_COMMAND[@]-}"; do
        __bastion_here_command=${__bastion_here_command//"$__bastion_before"$'\n'/}
        __bastion_here_command=${__bastion_here_command//"$__bastion_before"/}
        __bastion_here_command=${__bastion_here_command//$'\n'"$__bastion_after"/}
        __bastion_here_command=${__bastion_here_command//"$__bastion_after"/}
        if [[ -n $__bastion_here_command || ${#__bastion_here_commands[@]} == 0 ]]; then __bastion_here_commands+=("$__bastion_here_command"); fi
    done
    builtin printf -v __bastion_commands '%s\n' "${__bastion_here_commands[@]}"
    __bastion_commands=${__bastion_commands%$'\n'}
    if [[ -n ${1-} ]]; then __bastion_here_commands[0]=$__bastion_before$'\n'${__bastion_here_commands[0]}; fi
    __bastion_here_commands+=("$__bastion_after")
    if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then
        PROMPT_COMMAND=("${__bastion_here_commands[@]}")
    else
        builtin printf -v __bastion_here_joined '%s\n' "${__bastion_here_commands[@]}"
        __bastion_here_joined=${__bastion_here_joined#$'\n'}
        PROMPT_COMMAND=${__bastion_here_joined%$'\n'}
    fi
    __bastion_hooked=${PROMPT_COMMAND[*]}${1-}
}

# The first prompt command, of a line asked for command by command. What changed of others is asked for first.
__bastion_prompts() {
    __bastion_status=$?
    __bastion_phase=1
    __bastion_own
    __bastion_lend_children none
    __bastion_hooks before
    if [[ -n ${__bastion_commands//$'\n'/} && $__bastion_commands != "${__bastion_known[PROMPT_COMMAND]-}" ]]; then
        __bastion_asker=$$
        builtin eval "$(''__bastion_prompted)"
    fi
    # they may call what this line made
    if [[ -n ${__bastion_commands//$'\n'/} ]]; then __bastion_asker=$$ && __bastion_changed_functions; fi
    __bastion_return_children
    builtin return "$__bastion_status"
}

__bastion_prompted() {
    __bastion_own
    builtin trap - DEBUG
    __bastion_ask C "$__bastion_commands"
    if [[ $__bastion_said == D ]]; then
        builtin printf 'PROMPT_COMMAND=(%q)\n__bastion_hooks before\n__bastion_verdict=0 __bastion_phase=4\n' "${__bastion_known[PROMPT_COMMAND]-}"
    else
        builtin printf '__bastion_known[PROMPT_COMMAND]=%q\n' "$__bastion_commands"
    fi
}

# The last prompt commands. First everything is the person's again,
__bastion_prompt() {
    # 5: interrupted before we asked, when bash had counted the line
    __bastion_status=$? __bastion_last=${1-} __bastion_drops=$((__bastion_drops + (__bastion_phase == 5)))
    __bastion_phase=1
    __bastion_own
    builtin local __bastion_here_count='\#' IFS=$' \t\n'
    if [[ -n $__bastion_lent ]]; then __bastion_give_back; fi
    __bastion_return_signals
    __bastion_tell_signals 1
    __bastion_lend_children none
    if [[ -n $__bastion_nested ]]; then builtin unset POSIX_PEDANTIC ENV; fi
    # by `set -a`
    if [[ ${__bastion_go@a} == *x* ]]; then builtin export -n "${!__bastion_@}"; fi
    __bastion_nested=
    # while an interrupt waits, no pattern matches: what asks may stand there twice
    if ((__bastion_status == 130)); then __bastion_hooked=$'\037'; fi
    __bastion_begin_lines
    # outside of a prompt, versions count differently; 5.3 counts one more until a line was read that has a PS0
    __bastion_lines=$((${__bastion_here_count@P} - (${#__bastion_first} == 0 && BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 503)))
    __bastion_first=$((${__bastion_first:-$__bastion_lines} + __bastion_drops)) __bastion_drops=0
    __bastion_lines=$((__bastion_lines - __bastion_first))
    __bastion_hooks
}

# then traps of the person's are known, the prompt is told, and the next line made ready for.
__bastion_ready() {
    builtin local __bastion_here_traps=
    IFS= builtin read -r -d '' __bastion_here_traps <"$__bastion_folder/t" || [[ ended ]]
    if [[ -n $__bastion_here_traps ]]; then builtin eval "$__bastion_here_traps"; else __bastion_has_int=1; fi
    if [[ -n $__bastion_stepped && -n $__bastion_has_int ]]; then builtin trap -- "$__bastion_user_int" INT; fi
    if [[ -n $__bastion_traced ]]; then
        builtin trap - DEBUG
        __bastion_tracing
    fi
    if [[ $__bastion_status == 130 && -z $__bastion_read && -z $__bastion_stale ]]; then __bastion_caught; fi
    __bastion_named=$BASH_COMMAND
    if [[ -z $__bastion_stale && $__bastion_named == "$BASH_COMMAND" ]]; then
        # A trap that returned, or ^C in the login files: bash would go on to name that one command in the place
        # of each that runs. An interrupt ends that, and prompts again.
        __bastion_stale=1
        __bastion_lend
        __bastion_stop
    fi
    __bastion_tell
    __bastion_allowed= __bastion_pending= __bastion_read= __bastion_verdict=0 __bastion_stepped= __bastion_stale= __bastion_catches= __bastion_returns= __bastion_looks= __bastion_stepping= __bastion_armed=${__bastion_traps:+0}
    __bastion_lend
    __bastion_phase=2
    # what bash will name in a trap until a line runs: heads are not asked for
    [[ ready ]]
}
