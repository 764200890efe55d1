# Asks before zsh runs a line. docs/PROTOCOL.shell says how; names of ours begin with __bastion_.
#
# A line is asked for in preexec. The DEBUG trap, which is there for a line that hides commands or was denied,
# asks for each command, and skips what is denied.
#
# Functions of the person's come before builtins: where there is one called `builtin`, nothing of ours can run.
# It is not let be made; and if it is there all the same, assignments, which no function can hide, skip every
# command and let the shell end.

__bastion_own() {
    if ((${+functions[builtin]})); then
        functions[TRAPDEBUG]='options[errexit]=on'
        TMOUT=1
        : ${__bastion_gone:?}
    fi
}

# __bastion_send KIND TEXT: writes it, in lines that a pipe takes whole; leaves its id.
__bastion_send() {
    builtin emulate -L zsh
    builtin setopt no_multibyte
    builtin local text kind=$1 head
    text=${2//\%/%25}
    text=${text//$'\n'/%0A}
    # who answers has to know it, and nobody can who has not read the question
    builtin read -r __bastion_id </proc/sys/kernel/random/uuid || __bastion_id=$RANDOM$RANDOM$RANDOM$RANDOM
    __bastion_id=$sysparams[pid].$((++__bastion_count)).$__bastion_id
    head="$__bastion_asker $ZSH_SUBSHELL $__bastion_id"
    [[ -p $__bastion_folder/q ]] || builtin return 1
    {
        while ((${#text} > 900)); do
            builtin print -r -- "$__bastion_nonce + $head ${text[1,900]}"
            text=${text[901,-1]}
        done
        builtin print -r -- "$__bastion_nonce $kind $head $text"
    } 1<>"$__bastion_folder/q"
}

# __bastion_ask KIND TEXT: leaves the answer in __bastion_said; whatever goes wrong is a denial.
__bastion_ask() {
    builtin emulate -L zsh
    builtin local pipe line side strange=0 left asked
    __bastion_said=D
    pipe=$__bastion_folder/a.$__bastion_asker
    [[ -p $pipe ]] || builtin command -p mkfifo -m 600 "$pipe" 2>/dev/null
    [[ -p $pipe ]] && builtin read -r side <"$__bastion_folder/side" || builtin return 1
    {
        __bastion_send "$1" "$2" || builtin return 1
        asked=$__bastion_id
        for ((left = __bastion_patience; left > 0; left--)); do
            if builtin read -r -t 1 line; then
                if [[ $line == "$__bastion_token $asked "[ASOD] ]]; then
                    __bastion_said=$line[-1]
                    builtin return 0
                fi
                # late answers are not ours either: what counts is the id
                [[ $line == "$__bastion_token "* ]] || __bastion_send H "an answer that nobody gave"
                ((++strange < 8)) || builtin return 1
            elif ! builtin kill -0 "$side" 2>/dev/null; then
                # it cannot tidy up any more
                builtin command -p rm -rf "$__bastion_folder"
                builtin return 1
            fi
        done
    } 0<>"$pipe"
}

# __bastion_hides TEXT: whether a word of it may run more than it says, as far as this shell knows better
# than who reads the text: aliases, functions, and what could take our hooks away.
__bastion_hides() {
    builtin emulate -L zsh
    builtin setopt extended_glob
    builtin local word plain value
    __bastion_coloured=
    plain=${1//[\"\'\\]/}
    # at a prompt, most have # begin no comment
    [[ $1 == (\#|*[[:space:]\;\&\|\(\)\<\>]\#)* ]] && builtin return 0
    # =name is the program's path; what (e) expands may run something
    [[ $1 == *'()'* || $plain == *__bastion_* || $1 == (|*[\;\&\|\(\{[:space:]])=[a-zA-Z]* || $1 == *\$\{\([^\)]#e* ]] && builtin return 0
    __bastion_subscripts "$plain" && builtin return 0
    # who only lists does nothing else
    if [[ $1 == [[:space:]]#(trap|set|setopt|unsetopt|alias|bindkey|sched|hash|functions|zmodload|zstyle|enable|disable)[[:space:]]# ]]; then
        word=${1//[[:space:]]/}
        [[ -z ${aliases[$word]-}${galiases[$word]-} && -n ${builtins[$word]-} ]] && ((!${+functions[$word]})) && builtin return 1
    fi
    # split without IFS, which is the person's
    for word in ${(s: :)${:-"$1 $plain"}//[^a-zA-Z0-9_.:+@-]/ }; do
        case $word in
        (.|source|eval|builtin|trap|unset|set|setopt|unsetopt|emulate|enable|disable|alias|fc|r|bindkey|zle|sched|hash|compctl|autoload|function|functions|zmodload|zstyle|compdef|ulimit|limit|unlimit) builtin return 0 ;;
        (preexec*|precmd*|chpwd*|periodic*|TRAP*|PS[1234]|PROMPT*|RPROMPT|RPS1|DEBUG|add-zsh-hook|unfunction|unhash) builtin return 0 ;;
        (declare|typeset|export|readonly|local|print|printf|read|vared) [[ $1 == *'$'* ]] && builtin return 0 ;;
        esac
        value=${aliases[$word]-}${galiases[$word]-}${saliases[${word##*.}]-}
        if [[ -n $value ]]; then
            [[ $value == "$word"(' --col'(o|ou)r(|=[a-z]##))# ]] || builtin return 0
            __bastion_coloured=1
        fi
        ((${+functions[$word]})) && builtin return 0
        # a name that was given to another program
        [[ ${commands[$word]-$word} == (*/|)"$word" ]] || builtin return 0
    done
    builtin return 1
}

# Whether the line $1 may calculate, and a parameter's value has a subscript that runs something: who calculates
# with a name runs what stands in the subscript that its value names, through other parameters as well.
__bastion_subscripts() {
    builtin emulate -L zsh
    builtin setopt extended_glob
    builtin local name
    [[ $1 == *(=|\[|\$\{|let|-v|read|for|repeat|shift|exit|return|break|continue|printf|print|integer|float|typeset|declare)* || $1 == *'(('* ]] || builtin return 1
    for name in ${${(k)parameters}:#__bastion_*}; do
        [[ $parameters[$name] != *hideval* && ${(P)name} == *\[* && ${(P)name} == *\[[^]]#('$('|'`')* ]] && builtin return 0
    done
    builtin return 1
}

# preexec: the line as it was typed, and as it will run. An error, at a parameter that is readonly perhaps, or where
# no file can be opened, ends what asks, but not the line: so the trap is there unless the line is known to need none.
# What the person has run where something fails is not to be run for us: hence the conditions.
__bastion_preexec() {
    {
        {
            # it is to stay, where the person has options be local, too
            builtin unsetopt local_options
            builtin setopt debug_before_cmd
            __bastion_begin "$@"
        } 2>/dev/null || __bastion_halt
    } always {
        repeat TRY_BLOCK_ERROR; do __bastion_halt; done
    }
}

__bastion_begin() {
    __bastion_own
    builtin local free=
    {
        if __bastion_judge "$@"; then free=1; fi
    } always {
        if [[ -z $free ]]; then
            __bastion_trace
            TRY_BLOCK_ERROR=0
        fi
    }
    if [[ -z $free$__bastion_stepped ]]; then __bastion_stop; fi
    builtin return 0
}

# Nobody could ask for the line: nothing of it runs.
__bastion_halt() {
    builtin unsetopt local_options
    builtin setopt debug_before_cmd
    __bastion_trace
    __bastion_verdict=0 __bastion_stepped=
    __bastion_stop
}

# Asks for the line: whether it may run without any further question.
__bastion_judge() {
    builtin emulate -L zsh
    builtin local line=${1:-$3} ruled=0
    __bastion_stepped= __bastion_verdict=0 __bastion_asker=$$ __bastion_allowed=() __bastion_said=D
    ((++__bastion_epoch))
    __bastion_ask L "${line%$'\n'}" || __bastion_said=D
    case $__bastion_said in
    (A)
        ruled=1
        if __bastion_hides "$line"; then
            ruled=2
        elif [[ -z $__bastion_coloured && ${line//[[:space:];]/} != ${3//[[:space:];]/} ]]; then
            ruled=2
        fi
        ;;
    (S|O) ruled=2 ;;
    esac
    __bastion_verdict=$ruled
    if ((__bastion_verdict)); then
        ((++__bastion_lines))
        __bastion_nest "$line"
    fi
    if ((__bastion_verdict == 2)); then __bastion_stepped=1; fi
    ((__bastion_verdict == 1))
}

# Where the line $1 starts this zsh once more, and nothing else: it is to ask as well.
__bastion_nest() {
    builtin emulate -L zsh
    builtin setopt extended_glob
    [[ $1 == [[:blank:]]#(|/usr/bin/|/bin/)zsh([[:blank:]]##(-i|-l|--login))#[[:blank:]]# ]] || builtin return
    builtin local program=${${1%%zsh*}//[[:blank:]]/}zsh
    [[ $program == /* ]] || program=$commands[zsh]
    [[ $program -ef /proc/$$/exe && ${(t)ZDOTDIR} == (|*export*) ]] || builtin return
    __bastion_hides zsh && builtin return
    builtin typeset -gx __bastion_folder __bastion_zdotdir=${ZDOTDIR-} ZDOTDIR=$__bastion_folder/zsh
    __bastion_nested=1
}

# The line has ended: what it lent to a shell within is the person's again.
__bastion_unnest() {
    if [[ -n $__bastion_zdotdir ]]; then ZDOTDIR=$__bastion_zdotdir; else builtin unset ZDOTDIR; fi
    builtin unset __bastion_zdotdir
    builtin typeset -g +x __bastion_folder
    __bastion_nested=
}

# Interrupts the shell itself, as ^C would, whatever the person does on ^C.
__bastion_stop() {
    builtin emulate -L zsh
    builtin trap - INT
    builtin kill -INT $$
}

# precmd: our hooks are the first before a line and the last before a prompt, which is told.
__bastion_precmd() {
    __bastion_status=$?
    if __bastion_prompted; then builtin :; fi
} 2>/dev/null

__bastion_prompted() {
    __bastion_own
    builtin emulate -L zsh
    builtin setopt no_local_traps no_aliases
    builtin trap - DEBUG
    if [[ -n $__bastion_nested ]]; then __bastion_unnest; fi
    __bastion_asker=$$
    if [[ ${preexec_functions[1]-} != __bastion_preexec || ${precmd_functions[-1]-} != __bastion_precmd ]]; then
        if [[ ${(j: :)preexec_functions} != *__bastion_preexec* ]]; then __bastion_send H "preexec was taken away"; fi
        preexec_functions=(__bastion_preexec ${preexec_functions:#__bastion_preexec})
        precmd_functions=(${precmd_functions:#__bastion_precmd} __bastion_precmd)
    fi
    if [[ ${(j: :)${(ov)functions[(I)__bastion_*]}} != "$__bastion_whole" ]]; then
        functions+=("${(@kv)__bastion_ours}")
        __bastion_send H "a function of ours was taken away"
    fi
    if [[ -n $__bastion_stepped ]]; then __bastion_material; fi
    __bastion_keys
    __bastion_stepped= __bastion_allowed=() __bastion_verdict=0
    __bastion_tell
}

# What runs without a line of its own, where it is new: functions (keys, completions and hooks are functions),
# what completions run besides, traps, what is scheduled. It is asked for, and taken back if it is denied.
__bastion_material() {
    builtin emulate -L zsh
    builtin setopt extended_glob
    builtin local name text now
    builtin local -a names codes
    for name in ${(k)functions}; do
        [[ $name == __bastion_* || $functions[$name] == "${__bastion_functions[$name]-}" ]] && builtin continue
        # what is only named, to be read when it is called, is the system's
        [[ $functions[$name] == 'builtin autoload '* ]] && builtin continue
        names+=("$name")
        text+="$name () {"$'\n'"$functions[$name]"$'\n}\n'
    done
    __bastion_later
    now=$__bastion_text
    if [[ $now != "$__bastion_traps" ]]; then text+=$now; fi
    __bastion_completions
    codes=("${(@u)__bastion_completing:|__bastion_completed}")
    if [[ -n $codes ]]; then text+=$'\n'${(F)codes}; fi
    [[ -n $text ]] || builtin return 0
    __bastion_text=$text
    __bastion_called
    __bastion_ask C "$__bastion_text"
    if [[ $__bastion_said == D ]]; then
        for name in $names; do builtin unfunction "$name"; done
        if [[ $now != "$__bastion_traps" ]]; then
            for name in ${${(M)${(f)now}:#trap -- *}##* }; do builtin trap - "$name"; done
            while builtin sched -1 2>/dev/null; do :; done
        fi
        if [[ -n $codes ]]; then __bastion_completions "${(@)codes}"; fi
    fi
    __bastion_learn
}

__bastion_learn() {
    builtin emulate -L zsh
    __bastion_functions=("${(@kv)functions}")
    __bastion_later
    __bastion_traps=$__bastion_text
    __bastion_completions
    __bastion_completed=("${(@)__bastion_completing}")
}

# Leaves in __bastion_text what traps run, and what is scheduled, without its time and options; where the person
# hides that, a command that nobody knows. A substitution is read when it runs, with the aliases of then: the
# backslash keeps them away.
__bastion_later() {
    builtin local -a planned
    if [[ ${(t)zsh_scheduled_events} == *special* ]]; then planned=("${zsh_scheduled_events[@]#*:*:}"); else planned=('$scheduled'); fi
    __bastion_text="$(\builtin trap)"
    if (($#planned)); then __bastion_text+=$'\n'${(F)planned}; fi
}

# PS2: the line goes on.
__bastion_more() {
    __bastion_asker=$$
    __bastion_send M ""
}

__bastion_start() {
    builtin emulate -L zsh
    __bastion_asker=$$
    if [[ $ZSH_VERSION != (5.<8->*|<6->.*) ]]; then
        __bastion_send E "zsh $ZSH_VERSION cannot be integrated"
        builtin return
    fi
    builtin typeset -gA __bastion_allowed __bastion_functions
    builtin typeset -ga __bastion_completing __bastion_completed __bastion_pipes
    builtin typeset -g __bastion_status=0 __bastion_verdict=0 __bastion_stepped= __bastion_nested= __bastion_lines=0
    builtin typeset -g __bastion_epoch=0 __bastion_traps= __bastion_trapping= __bastion_said=D
    __bastion_prepare_keys
    # how zsh's own parameters look where nobody hides them
    functions[__bastion_guard]=${functions[__bastion_guard]//@TYPES@/${(t)zsh_eval_context}${(t)functions}}
    preexec_functions=(__bastion_preexec $preexec_functions)
    precmd_functions=($precmd_functions __bastion_precmd)
    builtin typeset -gA __bastion_ours
    # read again once, they are what they will be when they are put back
    functions+=("${(@kv)functions[(I)__bastion_*]}")
    __bastion_ours=("${(@kv)functions[(I)__bastion_*]}")
    builtin typeset -gr __bastion_whole=${(j: :)${(ov)functions[(I)__bastion_*]}}
    builtin typeset -gr __bastion_folder __bastion_nonce __bastion_token __bastion_patience
    __bastion_learn
} 2>/dev/null

typeset -g __bastion_nonce=@NONCE@ __bastion_token=@TOKEN@ __bastion_patience=@PATIENCE@ __bastion_count=0 __bastion_asker=$$
