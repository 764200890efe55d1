# Asks before bash runs a line. docs/PROTOCOL.shell says how; names of ours begin with __bastion_.
#
# A line is asked for in PS0, which bash expands when it has read a whole line and before it runs any of
# it: in a subshell (one fork), whose answer an arithmetic expansion brings into the shell itself. The
# DEBUG trap asks for each command of a line that hides some. What a line needs to be seen (history on and
# unfiltered, cmdhist, traps of ours) is lent while a line is read and given back when it runs.
#
# In the person's own shell no builtin is called before __bastion_own has made sure that it is one: a
# function of the same name would run unasked. In subshells of ours the same costs nothing.

# started with --posix only so that bash reads this file and no other; here, functions cannot hide unset
\unset -f builtin unset shopt set exec declare
set +o posix
shopt -u inherit_errexit
exec 9<&-
declare +x __bastion_folder
if [[ -n ${__bastion_env-} ]]; then ENV=$__bastion_env; else unset ENV; fi
unset __bastion_env
if [[ $HISTFILE == "$HOME/.sh_history" ]]; then HISTFILE=$HOME/.bash_history; fi

# Nothing of the person's stands before `builtin` any more. Who makes such a function unremovable is out.
__bastion_own() {
    __bastion_options=:$BASHOPTS:
    __bastion_posix=:$SHELLOPTS:
    POSIXLY_CORRECT=y
    \unset -f builtin || \exit 1
    if [[ $__bastion_posix != *:posix:* ]]; then
        \unset POSIXLY_CORRECT
        # leaving posix mode leaves these behind
        [[ $__bastion_options == *:inherit_errexit:* ]] || builtin shopt -u inherit_errexit
        [[ $__bastion_options == *:expand_aliases:* ]] || builtin shopt -u expand_aliases
        [[ $__bastion_options == *:interactive_comments:* ]] || builtin shopt -u interactive_comments
    fi
}

# ---- in subshells only: what is told and asked

# __bastion_send KIND TEXT: writes it, in lines that a pipe takes whole; leaves its id.
__bastion_send() {
    LC_ALL=C
    __bastion_text=${2//'%'/%25}
    __bastion_text=${__bastion_text//$'\n'/%0A}
    __bastion_id=$BASHPID.$__bastion_epoch.$RANDOM$RANDOM
    [[ -p $__bastion_folder/q ]] || builtin return 1
    {
        while ((${#__bastion_text} > 900)); do
            builtin printf '%s + %s %s %s %s\n' "$__bastion_nonce" "$__bastion_asker" "$BASH_SUBSHELL" \
                "$__bastion_id" "${__bastion_text:0:900}"
            __bastion_text=${__bastion_text:900}
        done
        builtin printf '%s %s %s %s %s %s\n' "$__bastion_nonce" "$1" "$__bastion_asker" "$BASH_SUBSHELL" \
            "$__bastion_id" "$__bastion_text"
    } 1<>"$__bastion_folder/q"
}

# __bastion_ask KIND TEXT: leaves the answer in __bastion_said; whatever goes wrong is a denial.
__bastion_ask() {
    builtin local pipe token id said rest left strange=0 side=
    __bastion_said=D
    pipe=$__bastion_folder/a.$__bastion_asker
    [[ -p $pipe ]] || builtin command -p mkfifo -m 600 "$pipe" 2>/dev/null
    [[ -p $pipe ]] && builtin read -r side <"$__bastion_folder/side" || builtin return 1
    builtin exec {__bastion_pipe}<>"$pipe"
    __bastion_send "$1" "$2" || builtin return 1
    builtin set -- "$__bastion_id"
    for ((left = __bastion_patience; left > 0; left--)); do
        if IFS=' ' builtin read -r -t 1 -u "$__bastion_pipe" token id said rest; then
            if [[ $token == "$__bastion_token" && $id == "$1" && $said == [ASOD] && -z $rest ]]; then
                __bastion_said=$said
                builtin break
            fi
            # late answers are not ours either: what counts is the id
            [[ $token == "$__bastion_token" ]] || __bastion_send H "an answer that nobody gave"
            ((++strange < 8)) || builtin break
        elif ! builtin kill -0 "$side" 2>/dev/null; then
            builtin break
        fi
    done
    builtin exec {__bastion_pipe}<&-
}

# Leaves the newest entry of the history, and its number. By a file, which costs less than a subshell.
__bastion_newest() {
    builtin local entry=
    HISTTIMEFORMAT= builtin history 1 >|"$__bastion_folder/h"
    IFS= builtin read -r -d '' entry <"$__bastion_folder/h" || [[ ended ]]
    >|"$__bastion_folder/h"
    entry=${entry#"${entry%%[![:space:]]*}"}
    __bastion_number=${entry%%[!0-9]*}
    entry=${entry#"$__bastion_number"}
    entry=${entry#[ *]}
    entry=${entry# }
    __bastion_entry=${entry%$'\n'}
    __bastion_number=${__bastion_number:-0}
}

# __bastion_hides TEXT: whether a word of it may run more than it says, as far as this shell knows better
# than who reads the text: aliases, functions, and what could take our hooks away.
__bastion_hides() {
    builtin local word words plain value
    plain=${1//[\"\'\\]/}
    builtin local computed='(^|[;&|({]|do|then|else|if|elif|while|until)[[:space:]]*["'"'"']*[$`]'
    [[ $1 == *'()'* || $plain == *__bastion_* || $1 =~ $computed ]] && builtin return 0
    builtin local IFS=$' \t\n'
    builtin set -f
    words="${1//[^a-zA-Z0-9_.:+@-]/ } ${plain//[^a-zA-Z0-9_.:+@-]/ }"
    for word in $words; do
        case $word in
        . | source | eval | builtin | trap | unset | set | shopt | enable | alias | fc | bind | complete | function) builtin return 0 ;;
        PROMPT_COMMAND | PS[0124] | HISTCONTROL | HISTIGNORE | HISTSIZE | POSIXLY_CORRECT | BASH_ENV | DEBUG) builtin return 0 ;;
        declare | typeset | export | readonly | local | printf | read | mapfile | readarray) [[ $1 == *'$'* ]] && builtin return 0 ;;
        esac
        if [[ -n ${BASH_ALIASES[$word]-} ]]; then
            value=${BASH_ALIASES[$word]}
            # colours change nothing of what runs
            [[ $value =~ ^"$word"(\ --colou?r(=[a-z]+)?)*$ ]] || builtin return 0
        fi
        builtin declare -F "$word" >/dev/null && builtin return 0
    done
    builtin return 1
}

# PS0: prints the line's number in the history, and what shall become of it: 0 nothing, 1 run, 2 run and
# ask for each command.
__bastion_line() {
    __bastion_own
    builtin trap - DEBUG
    builtin trap '' QUIT TSTP
    __bastion_asker=$$
    if [[ $__bastion_was != 2 ]]; then __bastion_send H "no prompt before this line"; fi
    __bastion_newest
    if ((__bastion_number < __bastion_next)); then __bastion_entry=; fi
    __bastion_ask L "${__bastion_entry%$'\n'}"
    if [[ $__bastion_said == A ]] && ! __bastion_hides "$__bastion_entry"; then
        builtin printf '%d1' "$__bastion_number"
    elif [[ $__bastion_said == [ASO] && -n $__bastion_traced ]]; then
        builtin printf '%d2' "$__bastion_number"
    else
        # without a prompt in between, after a line that hid nothing, no command can be asked for
        if [[ $__bastion_said != D ]]; then __bastion_send H "the line cannot be asked for command by command"; fi
        __bastion_stop
    fi
}

# Interrupts the shell itself, as ^C would; where that might not do, ends it.
__bastion_stop() {
    __bastion_own
    builtin trap - DEBUG
    builtin printf 0
    if [[ -n $__bastion_lent || -z $__bastion_has_int ]]; then builtin kill -INT $$; else builtin kill -KILL $$; fi
}

# PS2: the line goes on.
__bastion_more() {
    __bastion_own
    builtin trap - DEBUG
    __bastion_asker=$$
    __bastion_send M ""
}

# A command within a line: prints the answer for it, and ends the whole line on a denial. Where the command's
# name is an expansion, it is asked for with its words as they will be, each time; elsewhere only if the
# answer says so.
__bastion_question() {
    __bastion_own
    builtin local text="$1"
    builtin trap - DEBUG
    builtin trap '' QUIT TSTP
    if __bastion_is_computed "$1"; then
        __bastion_resolve "$1"
        text=$__bastion_text
        __bastion_key "$text"
        if [[ -e $__bastion_folder/$__bastion_name ]]; then
            builtin printf O
            builtin return
        fi
    fi
    __bastion_ask C "$text"
    if [[ $__bastion_said == S ]]; then
        __bastion_resolve "$1"
        if [[ $__bastion_text == "$text" ]]; then __bastion_said=O; else __bastion_ask C "$__bastion_text"; fi
        if [[ $__bastion_said == [AS] ]]; then __bastion_said=O; fi
    fi
    # what one subshell was allowed, the next need not ask for
    if [[ $__bastion_said == A && ${#__bastion_name} -le 250 ]]; then >"$__bastion_folder/$__bastion_name"; fi
    if [[ $__bastion_said == A && $text != "$1" ]]; then __bastion_said=O; fi
    builtin printf %s "$__bastion_said"
    [[ $__bastion_said == D ]] && __bastion_interrupt
}

# Ends the line; a job in the background ends alone.
__bastion_interrupt() {
    builtin local stat IFS=$' \t\n'
    builtin kill -INT "$__bastion_asker"
    builtin read -r stat 2>/dev/null </proc/self/stat
    builtin set -f -- ${stat##*) }
    # its process group, and the terminal's
    [[ -z $stat || $3 == "$6" ]] && builtin kill -INT $$
}

# Whether what runs is an expansion, or an argument of what runs its arguments.
__bastion_is_computed() {
    builtin local rest="$1" assignment='^[A-Za-z_][A-Za-z0-9_]*=[^ ]* +'
    while [[ $rest =~ $assignment ]]; do rest=${rest:${#BASH_REMATCH[0]}}; done
    case $rest in
    command\ * | builtin\ * | exec\ * | env\ * | sudo\ * | nohup\ * | nice\ * | timeout\ * | eval\ * | source\ * | .\ * | trap\ * | xargs\ *) ;;
    *) rest=${rest%% *} ;;
    esac
    [[ $rest == *['$*?[~`{']* ]]
}

# Leaves $1 in __bastion_text, with its words as they will be where finding out runs and changes nothing.
__bastion_resolve() {
    builtin local rest="$1" plain='^[^$]*[$][{]?([A-Za-z][A-Za-z0-9_]*)'
    __bastion_text=$1
    [[ $1 == *['$*?[~']* && $1 != *['`<>|&;()!']* && $1 != *$'\n'* ]] || builtin return 0
    while [[ $rest == *'$'* ]]; do
        [[ $rest =~ $plain ]] || builtin return 0
        rest=${rest:${#BASH_REMATCH[0]}}
        case ${BASH_REMATCH[1]} in
        RANDOM | SRANDOM | SECONDS | EPOCH* | LINENO | BASH* | FUNCNAME) builtin return 0 ;;
        esac
        [[ ${BASH_REMATCH[0]} != *'{'* || $rest == '}'* ]] || builtin return 0
    done
    builtin eval "set -- $1" || builtin return 0
    builtin printf -v __bastion_text ' %q' "$@"
    __bastion_text=${__bastion_text# }
}

# The prompt: tells of it, asks for what will run at prompts by itself, prints what the shell has to do.
__bastion_tell() {
    __bastion_own
    builtin printf '__bastion_adopt_int '
    builtin trap -p INT
    builtin printf '\n__bastion_adopt_debug '
    builtin trap -p DEBUG
    builtin printf '\n'
    builtin trap - DEBUG
    __bastion_asker=$$
    __bastion_material
    __bastion_newest
    builtin printf '__bastion_next=%d\n' $((__bastion_number + 1))
    if [[ :$SHELLOPTS: != *:history:* ]]; then __bastion_send H "history is off"; fi
    __bastion_send P "$__bastion_status $__bastion_lines $PWD"
}

# What runs without a line of its own: prompts and PROMPT_COMMAND where they run something, traps and
# functions where they are new. All of it is asked for once, and taken back if it is denied.
__bastion_material() {
    builtin local name now
    for name in PS0 PS1 PS2 PS4 PROMPT_COMMAND; do
        now=${!name-}
        case $name in
        PS0) now=${now#"$__bastion_ps0"} ;;
        PROMPT_COMMAND) now=$__bastion_commands ;;
        esac
        [[ $now == "${__bastion_known[$name]-}" ]] && builtin continue
        case $name$now in
        PROMPT_COMMAND?*) __bastion_ask C "$now" ;;
        PS?*'$('* | PS?*'`'* | PS?*'${'*) __bastion_ask C ": \"$now\"" ;;
        *) __bastion_said=A ;;
        esac
        if [[ $__bastion_said == D ]]; then
            now=${__bastion_known[$name]-}
            if [[ $name == PROMPT_COMMAND ]]; then builtin printf 'PROMPT_COMMAND=(%q)\n__bastion_hooks\n' "$now"; else builtin printf '%s=%q\n' "$name" "$now"; fi
        fi
        builtin printf '__bastion_known[%s]=%q\n' "$name" "$now"
    done
    # a line that was not asked for command by command makes neither
    [[ -n $__bastion_stepped ]] || builtin return 0
    __bastion_changed_functions
    __bastion_changed_traps
}

# Both lists are sorted, so all that is new stands between what they begin and what they end with.
__bastion_changed_functions() {
    builtin local -a new old
    builtin local -i first=0 last i
    builtin local -A had
    builtin local names= block= text= line
    [[ $(builtin declare -f) != "$__bastion_functions" ]] || builtin return 0
    builtin mapfile -t new < <(builtin declare -f)
    builtin mapfile -t old <<<"$__bastion_functions"
    while [[ -v new[first] && ${new[first]} == "${old[first]-}" ]]; do first+=1; done
    while ((first > 0)) && [[ ${new[first]-} != *' () ' || ${new[first - 1]} != '}' ]]; do first+=-1; done
    last=0
    while ((last < ${#new[@]} - first && last < ${#old[@]} - first)) && [[ ${new[-1 - last]} == "${old[-1 - last]}" ]]; do last+=1; done
    while ((last > 0)) && [[ ${new[${#new[@]} - last - 1]} != '}' ]]; do last+=-1; done
    for ((i = first; i < ${#old[@]} - last; i++)); do
        block+=${old[i]}$'\n'
        if [[ ${old[i]} == '}' ]]; then had[$block]=1 block=; fi
    done
    block=
    for ((i = first; i < ${#new[@]} - last; i++)); do
        [[ -n $block ]] || line=${new[i]}
        block+=${new[i]}$'\n'
        if [[ ${new[i]} == '}' ]]; then
            if [[ -z ${had[$block]-} ]]; then text+=$block names+=" ${line%% *}"; fi
            block=
        fi
    done
    __bastion_said=A
    if [[ -n $text ]]; then __bastion_ask C "$text"; fi
    if [[ $__bastion_said == D ]]; then builtin printf 'builtin unset -f --%s\n' "$names"; fi
    builtin printf '__bastion_learn\n'
}

__bastion_changed_traps() {
    builtin local traps
    traps=$(builtin trap -p)
    [[ $traps != "$__bastion_traps" ]] || builtin return 0
    __bastion_said=A
    if [[ -n $traps ]]; then __bastion_ask C "$traps"; fi
    if [[ $__bastion_said == D ]]; then
        builtin printf 'builtin trap - %s\n' "$(builtin printf '%s\n' "$traps" | while IFS= builtin read -r trap; do builtin printf '%s ' "${trap##* }"; done)"
    fi
    builtin printf '__bastion_learn\n'
}

# ---- in the person's own shell

__bastion_learn() {
    __bastion_functions=$(builtin declare -f)
    __bastion_traps=$(builtin trap -p)
}

# __bastion_adopt_int trap -- BODY NAME, and the same for DEBUG: traps of the person's, if any.
__bastion_adopt_int() { __bastion_has_int=${4:+1} __bastion_user_int=${3-}; }

__bastion_adopt_debug() {
    if [[ ${3-} != *__bastion_step* ]]; then
        __bastion_user_debug=${3-}
        __bastion_user_debug=${__bastion_user_debug#"$__bastion_unseen"}
        if [[ ${3-} == "$__bastion_unseen"* ]]; then __bastion_user_debug=${__bastion_user_debug%$'\n}'}; fi
    fi
}

# The DEBUG trap: whether the command $1 may run. Its status says so; $2 is only there to be $_ after it.
__bastion_step() {
    __bastion_last=$2
    case $__bastion_phase$__bastion_verdict${FUNCNAME[1]-}$1 in
    4?__bastion_prompt* | 4?'\__bastion_prompt'* | 1*) ;;
    40*) __bastion_rehook && [[ -z refused ]] ;;
    41*) __bastion_release ;;
    42*)
        if [[ -n $__bastion_lent ]]; then __bastion_release; fi
        __bastion_rehook
        if __bastion_judge "$1"; then
            case $1 in
            set\ *) __bastion_history "${1//[\"\'\\]/}" ;;
            *['(`']*) ;;
            PROMPT_COMMAND=* | PROMPT_COMMAND+=* | unset\ PROMPT_COMMAND) __bastion_assign "$1" ;;
            trap\ -p* | trap\ -l*) ;;
            trap\ * | \\trap\ * | builtin\ trap\ * | command\ trap\ *) __bastion_trap "$1" ;;
            esac
        else
            [[ -z refused ]]
        fi
        ;;
    2*)
        # While a line is edited, completions, keys and traps run commands. What a function does was
        # judged when it was made.
        if [[ $1 != "''__bastion_more"* && (-z ${FUNCNAME[1]-} || ${FUNCNAME[-1]} == source) ]]; then
            __bastion_judge "$1"
        fi
        ;;
    esac
}

# Prompt commands of the person's own are set as they would be, and ours around them again.
__bastion_assign() {
    __bastion_own
    builtin eval "$1"
    __bastion_hooks before
    [[ -z skipped ]]
}

# A DEBUG trap of the person's own is set as it would be, and ours before it again: what follows in the line
# is asked for.
__bastion_trap() {
    if [[ $(''__bastion_resolved "$1") == *[Dd][Ee][Bb][Uu][Gg]* ]]; then
        __bastion_own
        builtin eval "$__bastion_user_debug"
        builtin trap - DEBUG
        builtin eval "$1"
        __bastion_user_debug=
        builtin eval "$(''__bastion_show_debug)"
        __bastion_trace
        [[ -z skipped ]]
    fi
}

__bastion_resolved() {
    __bastion_own
    builtin trap - DEBUG
    __bastion_resolve "$1"
    builtin printf %s "$__bastion_text"
}

__bastion_show_debug() {
    __bastion_own
    builtin printf '__bastion_adopt_debug '
    builtin trap -p DEBUG
}

# A line may take our prompt command away, but not for long.
__bastion_rehook() {
    if [[ ${PROMPT_COMMAND[*]-} != *__bastion_prompt\;* ]]; then PROMPT_COMMAND+=("$__bastion_after"); fi
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
    __bastion_name=${1//'%'/%25}
    __bastion_name=ok.$$.$__bastion_epoch.${__bastion_name//'/'/%2F}
}

# Asks for a command, once a line.
__bastion_judge() {
    __bastion_key "$1"
    # of compound commands, what they run is asked for, not their heads
    if [[ $1 != 'for '* && $1 != 'case '* && $1 != 'select '* && $1 != '(('* && $1 != '[[ '* && -z ${__bastion_allowed[x$1]-} && (${#__bastion_name} -gt 250 || ! -e $__bastion_folder/$__bastion_name) ]]; then
        # an interrupt may keep us from ever hearing the answer
        __bastion_asker=$BASHPID __bastion_before_asking=$__bastion_verdict __bastion_verdict=0
        case $(''__bastion_question "$1") in
        A) __bastion_allowed[x$1]=1 __bastion_verdict=$__bastion_before_asking ;;
        O | S) __bastion_verdict=$__bastion_before_asking ;;
        *) [[ -z refused ]] ;;
        esac
    fi
}

# Gives back what was lent, and stops asking unless each command is to be asked for: the line runs.
__bastion_release() {
    if [[ -n $__bastion_lent ]]; then
        __bastion_own
        __bastion_give_back
    fi
    if [[ $__bastion_verdict == 1 ]]; then __bastion_untrace; else __bastion_stepped=1; fi
    if [[ $__bastion_verdict == 2 && $BASHPID == "$$" ]]; then __bastion_hooks before; fi
}

__bastion_give_back() {
    __bastion_lent=
    if [[ -n $__bastion_has_int && ($BASHPID == "$$" || -z $__bastion_user_int) ]]; then
        builtin trap -- "$__bastion_user_int" INT
    fi
    if [[ $BASHPID == "$$" ]]; then
        __bastion_return HISTCONTROL
        __bastion_return HISTIGNORE
        __bastion_return HISTSIZE
        __bastion_return PS1
        __bastion_return PS2
        if [[ -n $__bastion_pending ]]; then __bastion_remember; fi
        if [[ $__bastion_user_options != *:cmdhist:* ]]; then builtin shopt -u cmdhist; fi
        if [[ $__bastion_user_options != *:promptvars:* ]]; then builtin shopt -u promptvars; fi
    fi
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
    builtin local flags="$-"
    __bastion_lent=1 __bastion_traced=1
    __bastion_user_options=:$BASHOPTS: __bastion_user_shell=:$SHELLOPTS:
    __bastion_lend_variable HISTCONTROL ''
    __bastion_lend_variable HISTIGNORE ''
    if [[ ${HISTSIZE-500} == 0 ]]; then __bastion_lend_variable HISTSIZE 1; else __bastion_lend_variable HISTSIZE "${HISTSIZE-500}"; fi
    __bastion_lend_variable PS1 "$__bastion_begin${PS1-}$__bastion_end"
    __bastion_lend_variable PS2 "$__bastion_ps2${PS2-}"
    PS0=$__bastion_ps0${PS0#"$__bastion_ps0"}
    builtin shopt -s cmdhist promptvars extdebug
    if [[ $flags != *E* ]]; then builtin set +E; fi
    if [[ -n $__bastion_has_int ]]; then builtin trap - INT; fi
    __bastion_trace
}

# Our DEBUG trap, and the person's own after it.
__bastion_trace() {
    if [[ -z $__bastion_user_debug ]]; then
        builtin trap -- "$__bastion_hook || [[ -z refused ]]" DEBUG
    else
        builtin trap -- "$__bastion_hook && { if [[ \$__bastion_phase == 4 && \$BASH_COMMAND != *__bastion_* && (-z \${FUNCNAME-} || $__bastion_user_shell == *:functrace:*) ]]; then
$__bastion_user_debug
fi
\\__bastion_kept \"\$__bastion_last\"
}" DEBUG
    fi
}

# Leaves $_ as it was.
__bastion_kept() { [[ -n kept ]]; }

# No command is asked for any more, and debugging is as the person has it.
__bastion_untrace() {
    if [[ -n $__bastion_user_debug && ($BASHPID == "$$" || $__bastion_user_shell == *:functrace:*) ]]; then
        builtin trap -- "$__bastion_unseen$__bastion_user_debug"$'\n}' DEBUG
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
    builtin local command joined
    builtin local -a commands
    commands=()
    for command in "${PROMPT_COMMAND[@]-}"; do
        command=${command//"$__bastion_before"$'\n'/}
        command=${command//"$__bastion_before"/}
        command=${command//$'\n'"$__bastion_after"/}
        command=${command//"$__bastion_after"/}
        if [[ -n $command || ${#commands[@]} == 0 ]]; then commands+=("$command"); fi
    done
    builtin printf -v __bastion_commands '%s\n' "${commands[@]}"
    __bastion_commands=${__bastion_commands%$'\n'}
    if [[ -n ${1-} ]]; then commands[0]=$__bastion_before$'\n'${commands[0]}; fi
    commands+=("$__bastion_after")
    if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then
        PROMPT_COMMAND=("${commands[@]}")
    else
        builtin printf -v joined '%s\n' "${commands[@]}"
        joined=${joined#$'\n'}
        PROMPT_COMMAND=${joined%$'\n'}
    fi
}

# The first prompt command, of a line that was asked for command by command.
__bastion_prompts() {
    __bastion_status=$?
    __bastion_phase=1
    __bastion_own
    [[ $- == *e* ]] || builtin return "$__bastion_status"
}

# The last prompt commands. First everything is the person's again,
__bastion_prompt() {
    __bastion_status=$?
    __bastion_phase=1
    __bastion_own
    builtin local count='\#' IFS=$' \t\n'
    if [[ -n $__bastion_lent ]]; then __bastion_give_back; fi
    # outside of a prompt, the escape does not count alike in all versions
    __bastion_first=${__bastion_first:-${count@P}}
    __bastion_lines=$((${count@P} - __bastion_first))
    __bastion_hooks
}

# then the prompt is told (not in a function, where traps cannot be seen), and the next line made ready for.
__bastion_ready() {
    if [[ $__bastion_status == 130 && -z $__bastion_read && -n $__bastion_user_int ]]; then
        builtin eval "$__bastion_user_int"
    fi
    if [[ -n $__bastion_traced ]]; then
        builtin trap - DEBUG
        __bastion_tracing
    fi
    __bastion_allowed=() __bastion_pending= __bastion_read= __bastion_verdict=0 __bastion_stepped=
    __bastion_lend
    __bastion_phase=2
}

# ---- the start

declare -A __bastion_user=() __bastion_known=() __bastion_allowed=()
__bastion_nonce=@NONCE@ __bastion_token=@TOKEN@ __bastion_patience=@PATIENCE@
__bastion_phase=0 __bastion_verdict=0 __bastion_was=2 __bastion_epoch=0 __bastion_next=0 __bastion_first= __bastion_line=0 __bastion_forget= __bastion_stepped= __bastion_lines=0
__bastion_lent= __bastion_traced= __bastion_pending= __bastion_read= __bastion_last= __bastion_status=0
__bastion_has_int= __bastion_user_int= __bastion_user_debug= __bastion_user_options= __bastion_user_shell=
__bastion_commands= __bastion_functions= __bastion_traps= __bastion_said= __bastion_asker= __bastion_name= __bastion_before_asking=0
__bastion_options= __bastion_posix=
# An expansion of nothing, for its arithmetic: so a prompt changes what the shell itself knows. The two
# quotes keep an alias from being read.
__bastion_e=
__bastion_refuse=([0]=1)
__bastion_begin='${__bastion_e:$((__bastion_phase=1,0))}'
__bastion_end='${__bastion_e:$((__bastion_phase=2,0))}'
__bastion_ps0='${__bastion_e:$((__bastion_was=__bastion_phase,__bastion_phase=3,__bastion_verdict=0,__bastion_epoch+=1,__bastion_pending=1,__bastion_read=1,__bastion_line=__bastion_next,0))}'
__bastion_ps0+='${__bastion_e:$((__bastion_line=10#0$({ '"''"'__bastion_line; } 2>/dev/null),__bastion_verdict=__bastion_line%10,__bastion_line/=10,__bastion_next=__bastion_line+1,0))}'
__bastion_ps0+='${__bastion_refuse[__bastion_verdict]+$({ '"''"'__bastion_stop; } 2>/dev/null)}'
__bastion_ps0+='${__bastion_e:$((__bastion_phase=4,0))}'
__bastion_ps2='$('"''"'__bastion_more 2>/dev/null)'
# what stands left of || does not end a shell that is to end on failures
__bastion_hook='{ \__bastion_step "$BASH_COMMAND" "$_"; } 2>/dev/null'
__bastion_unseen='[[ $BASH_COMMAND == *__bastion_* ]] || {'$'\n'
__bastion_before='{ \__bastion_prompts; } 2>/dev/null'
__bastion_after='{ \__bastion_prompt; builtin eval "$('"''"'__bastion_tell)"; \__bastion_ready; } 2>/dev/null || [[ done ]]'
readonly __bastion_nonce __bastion_token __bastion_patience __bastion_folder __bastion_e __bastion_refuse __bastion_begin __bastion_end
readonly __bastion_unseen __bastion_ps0 __bastion_ps2 __bastion_hook __bastion_before __bastion_after
readonly -f $(compgen -A function __bastion_)

# What a login shell reads.
if [[ -r /etc/profile ]]; then . /etc/profile; fi
for __bastion_file in ~/.bash_profile ~/.bash_login ~/.profile; do
    if [[ -r $__bastion_file ]]; then
        . "$__bastion_file"
        break
    fi
done
{
    __bastion_own
    builtin unset __bastion_file
    if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
        __bastion_asker=$$
        $(__bastion_send E "bash $BASH_VERSION cannot be integrated")
    else
        __bastion_hooks
        for __bastion_said in PS0 PS1 PS2 PS4; do __bastion_known[$__bastion_said]=${!__bastion_said-}; done
        __bastion_known[PROMPT_COMMAND]=$__bastion_commands
        __bastion_learn
    fi
} 2>/dev/null
