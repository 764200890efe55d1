# What bash tells and asks. Part of bash.sh.

# __bastion_send KIND TEXT: writes it, in lines that a pipe takes whole; leaves its id.
__bastion_send() {
    # so that bytes are counted; not more often than it has to be
    if ((${#2} > 200)); then builtin local LC_ALL=C; fi
    __bastion_text=${2//'%'/%25}
    __bastion_text=${__bastion_text//$'\n'/%0A}
    # who answers has to know it, and nobody can who has not read the question
    builtin read -r __bastion_id </proc/sys/kernel/random/uuid || __bastion_id=$RANDOM$RANDOM$RANDOM$RANDOM
    __bastion_id=$BASHPID.$__bastion_epoch.$__bastion_id
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

# __bastion_ask KIND TEXT: leaves the answer in __bastion_said; whatever goes wrong is a denial. Of a line, also
# leaves in __bastion_hiding whether it may run more than it says.
__bastion_ask() {
    builtin local __bastion_here_pipe __bastion_here_asked __bastion_here_part __bastion_here_come= __bastion_here_left __bastion_here_strange=0 __bastion_here_side=
    __bastion_said=D __bastion_hiding=
    __bastion_here_pipe=$__bastion_folder/a.$__bastion_asker
    # in a subshell: a job of the person's own shell would take a number of theirs
    if [[ ! -p $__bastion_here_pipe ]]; then
        __bastion_here_part=$(builtin command -p mkfifo -m 600 "$__bastion_here_pipe" 2>/dev/null)
        __bastion_children=$((__bastion_children - 1))
    fi
    [[ -p $__bastion_here_pipe ]] && builtin read -r __bastion_here_side <"$__bastion_folder/side" || builtin return 1
    # of the braces alone, so that an interrupt closes it too
    {
        __bastion_send "$1" "$2" || builtin return 1
        __bastion_here_asked=$__bastion_id
        # while the answer is on its way
        if [[ $1 == L ]] && __bastion_hides "$2"; then __bastion_hiding=1; fi
        for ((__bastion_here_left = __bastion_patience; __bastion_here_left > 0; __bastion_here_left--)); do
            if IFS= builtin read -r -t 1 __bastion_here_part; then
                __bastion_here_part=$__bastion_here_come$__bastion_here_part __bastion_here_come=
                if [[ $__bastion_here_part == "$__bastion_token $__bastion_here_asked "[ASOD] ]]; then
                    __bastion_said=${__bastion_here_part: -1}
                    builtin return 0
                fi
                # late answers are not ours either: what counts is the id
                [[ $__bastion_here_part == "$__bastion_token "* ]] || __bastion_send H "an answer that nobody gave"
                ((++__bastion_here_strange < 8)) || builtin return 1
            elif builtin kill -0 "$__bastion_here_side" 2>/dev/null; then
                # on a busy host the second may be over in the middle of an answer
                __bastion_here_come+=$__bastion_here_part
            else
                # it cannot tidy up any more
                builtin command -p rm -rf "$__bastion_folder"
                builtin return 1
            fi
        done
    } 0<>"$__bastion_here_pipe"
}

# Leaves the newest entry of the history, and its number. By a file, which costs less than a subshell.
__bastion_newest() {
    builtin local __bastion_here_entry=
    HISTTIMEFORMAT= builtin history 1 >|"$__bastion_folder/h"
    IFS= builtin read -r -d '' __bastion_here_entry <"$__bastion_folder/h" || [[ ended ]]
    >|"$__bastion_folder/h"
    __bastion_here_entry=${__bastion_here_entry#"${__bastion_here_entry%%[![:space:]]*}"}
    __bastion_number=${__bastion_here_entry%%[!0-9]*}
    __bastion_here_entry=${__bastion_here_entry#"$__bastion_number"}
    __bastion_here_entry=${__bastion_here_entry#[ *]}
    __bastion_here_entry=${__bastion_here_entry# }
    __bastion_entry=${__bastion_here_entry%$'\n'}
    __bastion_number=${__bastion_number:-0}
}

# __bastion_hides TEXT: whether a word of it may run more than it says, as far as this shell knows better
# than who reads the text: aliases, functions, and what could take our hooks away.
__bastion_hides() {
    builtin local __bastion_here_word __bastion_here_words __bastion_here_plain __bastion_here_value
    __bastion_here_plain=${1//[\"\'\\]/}
    builtin local __bastion_here_computed='(^|[;&|({]|do|then|else|if|elif|while|until)[[:space:]]*["'"'"']*[$`]'
    [[ $1 == *'()'* || $__bastion_here_plain == *__bastion_* || $1 == *['$`']* && $1 =~ $__bastion_here_computed ]] && builtin return 0
    builtin local - IFS=[ || builtin return 0
    builtin set -f
    case $__bastion_here_plain in
    *'@P}'*) builtin return 0 ;;
    # a variable may be an integer: then whoever gives it a value calculates
    *'(('* | *'['* | *let* | *' -v'* | *'${'* | *=* | *read* | *for\ * | *printf* | *getopts*) __bastion_subscripts && builtin return 0 ;;
    esac
    IFS=$' \t\n'
    __bastion_here_words=${1//[^a-zA-Z0-9_.:+@-]/ }
    if [[ $__bastion_here_plain != "$1" ]]; then __bastion_here_words+=" ${__bastion_here_plain//[^a-zA-Z0-9_.:+@-]/ }"; fi
    for __bastion_here_word in $__bastion_here_words; do
        case $__bastion_here_word in
        . | source | eval | builtin | trap | unset | set | shopt | enable | alias | fc | bind | complete | function) builtin return 0 ;;
        PROMPT_COMMAND | PS[0124] | HISTCONTROL | HISTIGNORE | HISTSIZE | POSIXLY_CORRECT | BASH_ENV | DEBUG) builtin return 0 ;;
        declare | typeset | export | readonly | local | printf | read | mapfile | readarray) [[ $1 == *'$'* ]] && builtin return 0 ;;
        esac
        if [[ -n ${BASH_ALIASES[$__bastion_here_word]-} ]]; then
            __bastion_here_value=${BASH_ALIASES[$__bastion_here_word]}
            # colours change nothing of what runs
            [[ $__bastion_here_value =~ ^"$__bastion_here_word"(\ --colou?r(=[a-z]+)?)*$ ]] || builtin return 0
        fi
        builtin declare -F "$__bastion_here_word" && builtin return 0
    done >/dev/null
    builtin return 1
}

# Whether a variable's value has a subscript that runs something: arithmetic runs it where the value names it,
# through other variables as well. By a file, split at brackets (IFS): no subshell, and no long pattern.
__bastion_subscripts() {
    builtin local __bastion_functions __bastion_here_name __bastion_here_part __bastion_here_all=
    builtin declare -p >|"$__bastion_folder/v"
    builtin read -r -d '' __bastion_here_all <"$__bastion_folder/v" || [[ ended ]]
    >|"$__bastion_folder/v"
    [[ -n $__bastion_here_all ]] || builtin return 0
    for __bastion_here_part in $__bastion_here_all; do
        case ${__bastion_here_part%%]*} in *'$('* | *'`'*) [[ $__bastion_here_name == *[a-zA-Z0-9_] ]] && builtin return 0 ;; esac
        __bastion_here_name=$__bastion_here_part
    done
    builtin return 1
}

# Whether the line $1 starts this bash once more, and nothing else.
__bastion_nests() {
    builtin local __bastion_here_plain='^[[:blank:]]*(/usr/bin/|/bin/)?bash([[:blank:]]+(-i|-l|--login))*[[:blank:]]*$'
    [[ $1 == *bash* && $1 =~ $__bastion_here_plain ]] || builtin return 1
    [[ -z ${ENV+x}${POSIX_PEDANTIC+x}${POSIXLY_CORRECT+x} && $(builtin type -P "${BASH_REMATCH[1]-}bash") -ef /proc/$$/exe ]]
}

# Asks for the line that was read; leaves its number in the history, and in __bastion_ruled what shall become of
# it: 0 nothing, 1 run, 2 run and ask for each command, 3 run, as a shell that asks as well.
__bastion_line() {
    __bastion_asker=$$ __bastion_ruled=0
    if [[ $__bastion_was != 2 ]]; then __bastion_send H "no prompt before this line"; fi
    __bastion_newest
    if ((__bastion_number < __bastion_next || __bastion_seen)); then __bastion_entry=; fi
    __bastion_ask L "${__bastion_entry%$'\n'}"
    if [[ $__bastion_said == [AS] && -n $__bastion_traced && -z $__bastion_stuck && $__bastion_was == 2 ]] && __bastion_nests "$__bastion_entry" && ! __bastion_hides bash; then
        __bastion_ruled=3
    elif [[ $__bastion_said == A && -z $__bastion_hiding ]]; then
        __bastion_ruled=1
    elif [[ $__bastion_said == [ASO] && -n $__bastion_traced && -z $__bastion_stuck ]]; then
        __bastion_ruled=2
    elif [[ $__bastion_said != D ]]; then
        # without a prompt in between, after a line that hid nothing, no command can be asked for
        __bastion_send H "the line cannot be asked for command by command"
    fi
}

# PS0: has the shell itself ask (5), or asks, and prints the line's number in the history and what shall become
# of it. The shell asks where both traps are ours: what other traps do until then, the one for DEBUG refuses.
__bastion_begun() {
    builtin local __bastion_here_traps=
    __bastion_own
    builtin trap -p RTMAX DEBUG >|"$__bastion_folder/t"
    builtin read -r -d '' __bastion_here_traps <"$__bastion_folder/t" || [[ ended ]]
    if [[ $__bastion_here_traps == "trap -- '$__bastion_rule' SIGRTMAX"$'\n'"trap -- '$__bastion_hook "* ]] && builtin kill -RTMAX $$; then
        builtin printf 5
        builtin return
    fi
    builtin trap - DEBUG
    builtin trap '' QUIT TSTP
    __bastion_seen=0
    __bastion_line
    if ((__bastion_ruled)); then builtin printf '%d%d' "$__bastion_number" "$__bastion_ruled"; fi
    # who calls it elsewhere has no shell without the trap
    builtin exit 0
}

# Interrupts the shell itself, as ^C would; where that might not do, ends it.
__bastion_stop() {
    __bastion_own
    builtin local __bastion_here_signal=INT
    if [[ -z $__bastion_lent && -n $__bastion_has_int ]]; then __bastion_here_signal=KILL; fi
    builtin kill -$__bastion_here_signal $$ || builtin command -p kill -$__bastion_here_signal $$
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
    builtin local __bastion_here_text="$1" __bastion_here_unknown=
    builtin trap - DEBUG RETURN
    builtin trap '' QUIT TSTP
    if __bastion_is_computed "$1"; then
        __bastion_resolve "$1"
        __bastion_here_text=$__bastion_text
        if [[ $__bastion_text == "$1" ]] && __bastion_is_unknown_trap "$1"; then
            __bastion_here_unknown=1 __bastion_here_text='trap "$unknown" EXIT; '$1
        fi
        __bastion_key "$__bastion_here_text"
        if [[ -e $__bastion_folder/$__bastion_name ]]; then
            builtin printf O
            builtin return
        fi
    fi
    __bastion_ask C "$__bastion_here_text"
    if [[ $__bastion_said == S ]]; then
        __bastion_resolve "$1"
        if [[ -n $__bastion_here_unknown || $__bastion_text == "$__bastion_here_text" ]]; then __bastion_said=O; else __bastion_ask C "$__bastion_text"; fi
        if [[ $__bastion_said == [AS] ]]; then __bastion_said=O; fi
    fi
    # what one subshell was allowed, the next need not ask for
    if [[ $__bastion_said == A && ${#__bastion_name} -le 250 ]]; then >"$__bastion_folder/$__bastion_name"; fi
    if [[ $__bastion_said == A && $__bastion_here_text != "$1" ]]; then __bastion_said=O; fi
    builtin printf %s "$__bastion_said"
    [[ $__bastion_said == D ]] && __bastion_interrupt
}

# Ends the line; a job in the background ends alone.
__bastion_interrupt() {
    builtin local __bastion_here_stat IFS=$' \t\n'
    builtin kill -INT "$__bastion_asker"
    builtin read -r __bastion_here_stat 2>/dev/null </proc/self/stat
    builtin set -f -- ${__bastion_here_stat##*) }
    # its process group, and the terminal's; but not twice, which might come to the next line
    [[ $__bastion_asker != "$$" && (-z $__bastion_here_stat || $3 == "$6") ]] && builtin kill -INT $$
}

# Whether what runs is an expansion, or an argument of what runs its arguments.
__bastion_is_computed() {
    builtin local __bastion_here_rest="$1" __bastion_here_assignment='^[A-Za-z_][A-Za-z0-9_]*=[^ ]* +'
    while [[ $__bastion_here_rest =~ $__bastion_here_assignment ]]; do __bastion_here_rest=${__bastion_here_rest:${#BASH_REMATCH[0]}}; done
    case ${__bastion_here_rest//[\"\'\\]/} in
    command\ * | builtin\ * | exec\ * | env\ * | sudo\ * | nohup\ * | nice\ * | timeout\ * | eval\ * | source\ * | .\ * | trap\ * | xargs\ * | alias\ * | printf\ -v*) ;;
    *) __bastion_here_rest=${__bastion_here_rest%% *} ;;
    esac
    [[ $__bastion_here_rest == *['$*?[~`{']* ]]
}

# The prompt: tells of it, and asks for what will run at prompts by itself.
__bastion_tell() {
    __bastion_asker=$$
    __bastion_material
    __bastion_newest
    __bastion_next=$((__bastion_number + 1))
    if [[ :$SHELLOPTS: != *:history:* ]]; then __bastion_send H "history is off"; fi
    __bastion_send P "$__bastion_status $__bastion_lines $PWD"
}

# What runs without a line of its own: prompts and PROMPT_COMMAND where they run something, traps and
# functions where they are new. All of it is asked for once, and taken back if it is denied.
__bastion_material() {
    builtin local __bastion_here_name __bastion_here_now
    for __bastion_here_name in PS0 PS1 PS2 PS4 PROMPT_COMMAND; do
        __bastion_here_now=${!__bastion_here_name-}
        case $__bastion_here_name in
        PS0) __bastion_here_now=$__bastion_user_ps0 ;;
        PROMPT_COMMAND) __bastion_here_now=$__bastion_commands ;;
        esac
        [[ $__bastion_here_now == "${__bastion_known[$__bastion_here_name]-}" ]] && builtin continue
        case $__bastion_here_name$__bastion_here_now in
        PROMPT_COMMAND?*) __bastion_ask C "$__bastion_here_now" ;;
        PS?*'$('* | PS?*'`'* | PS?*'${'*) __bastion_ask C ": \"$__bastion_here_now\"" ;;
        *) __bastion_said=A ;;
        esac
        if [[ $__bastion_said == D ]]; then
            __bastion_here_now=${__bastion_known[$__bastion_here_name]-}
            if [[ $__bastion_here_name == PROMPT_COMMAND ]]; then
                PROMPT_COMMAND=("$__bastion_here_now")
                __bastion_hooks
            else
                builtin printf -v "$__bastion_here_name" %s "$__bastion_here_now"
                if [[ $__bastion_here_name == PS0 ]]; then __bastion_begin_lines; fi
            fi
        fi
        __bastion_known[$__bastion_here_name]=$__bastion_here_now
    done
    # a line that was not asked for command by command makes neither
    [[ -n $__bastion_stepped ]] || builtin return 0
    __bastion_changed_functions
    __bastion_changed_traps
}

__bastion_learn() {
    __bastion_functions=$(builtin declare -f)
    __bastion_list_traps
    __bastion_traps=$__bastion_text
}

# Both lists are sorted, so all that is new stands between what they begin and what they end with.
__bastion_changed_functions() {
    builtin local -a __bastion_here_new __bastion_here_old __bastion_here_names
    builtin local -i __bastion_here_first=0 __bastion_here_last __bastion_here_i
    builtin local -A __bastion_here_had
    builtin local __bastion_here_block= __bastion_here_text= __bastion_here_line
    # (a process substitution would be the person's $!)
    __bastion_here_line=$(builtin declare -f)
    [[ $__bastion_here_line != "$__bastion_functions" ]] || builtin return 0
    builtin mapfile -t __bastion_here_new <<<"$__bastion_here_line"
    builtin mapfile -t __bastion_here_old <<<"$__bastion_functions"
    while [[ -v __bastion_here_new[__bastion_here_first] && ${__bastion_here_new[__bastion_here_first]} == "${__bastion_here_old[__bastion_here_first]-}" ]]; do __bastion_here_first+=1; done
    while ((__bastion_here_first > 0)) && [[ ${__bastion_here_new[__bastion_here_first]-} != *' () ' || ${__bastion_here_new[__bastion_here_first - 1]} != '}' ]]; do __bastion_here_first+=-1; done
    __bastion_here_last=0
    while ((__bastion_here_last < ${#__bastion_here_new[@]} - __bastion_here_first && __bastion_here_last < ${#__bastion_here_old[@]} - __bastion_here_first)) && [[ ${__bastion_here_new[-1 - __bastion_here_last]} == "${__bastion_here_old[-1 - __bastion_here_last]}" ]]; do __bastion_here_last+=1; done
    while ((__bastion_here_last > 0)) && [[ ${__bastion_here_new[${#__bastion_here_new[@]} - __bastion_here_last - 1]} != '}' ]]; do __bastion_here_last+=-1; done
    for ((__bastion_here_i = __bastion_here_first; __bastion_here_i < ${#__bastion_here_old[@]} - __bastion_here_last; __bastion_here_i++)); do
        __bastion_here_block+=${__bastion_here_old[__bastion_here_i]}$'\n'
        if [[ ${__bastion_here_old[__bastion_here_i]} == '}' ]]; then __bastion_here_had[$__bastion_here_block]=1 __bastion_here_block=; fi
    done
    __bastion_here_block=
    for ((__bastion_here_i = __bastion_here_first; __bastion_here_i < ${#__bastion_here_new[@]} - __bastion_here_last; __bastion_here_i++)); do
        [[ -n $__bastion_here_block ]] || __bastion_here_line=${__bastion_here_new[__bastion_here_i]}
        __bastion_here_block+=${__bastion_here_new[__bastion_here_i]}$'\n'
        if [[ ${__bastion_here_new[__bastion_here_i]} == '}' ]]; then
            if [[ -z ${__bastion_here_had[$__bastion_here_block]-} ]]; then __bastion_here_text+=$__bastion_here_block __bastion_here_names+=("${__bastion_here_line%% *}"); fi
            __bastion_here_block=
        fi
    done
    __bastion_said=A
    if [[ -n $__bastion_here_text ]]; then __bastion_ask C "$__bastion_here_text"; fi
    if [[ $__bastion_said == D ]]; then builtin unset -f -- "${__bastion_here_names[@]}"; fi
    __bastion_learn
}

__bastion_changed_traps() {
    builtin local __bastion_here_traps
    builtin local -a __bastion_here_names
    __bastion_list_traps
    __bastion_here_traps=${__bastion_text%$'\n'}
    [[ $__bastion_text != "$__bastion_traps" ]] || builtin return 0
    __bastion_said=A
    if [[ -n $__bastion_here_traps ]]; then __bastion_ask C "$__bastion_here_traps"; fi
    if [[ $__bastion_said == D ]]; then
        builtin mapfile -t __bastion_here_names <<<"$__bastion_here_traps"
        builtin trap - "${__bastion_here_names[@]##* }"
    fi
    __bastion_learn
}
