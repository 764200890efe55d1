# The DEBUG trap of zsh: what is skipped, and what is asked for, command by command.
#
# A command is skipped by what zsh offers for it, ERR_EXIT set in the trap: set first, in two ways, so that no
# error lets a command run; nor where that cannot be opened which keeps our words out of `set -x`. Without our
# functions nothing runs, and the shell ends. Then pipestatus is as it was: an assignment would set it once more, and
# `repeat` shows nothing. Where such a word was disabled, it stays the first trap, of which none can be.
__bastion_trace() {
    builtin emulate -L zsh
    builtin setopt no_local_traps no_aliases
    builtin local set='builtin setopt err_exit; ((${+functions[__bastion_guard]} && ${+functions[__bastion_step]} && ${+functions[__bastion_precmd]} || (TMOUT = 1))); '
    builtin local ask='__bastion_guard && builtin unsetopt err_exit'
    builtin trap 'options[errexit]=on; '"$set$ask" DEBUG
    builtin trap '{ { options[errexit]=on; __bastion_pipes=("${pipestatus[@]}"); '"$set"''"$ask"' } 2>/dev/null || options[errexit]=on } always { repeat TRY_BLOCK_ERROR; do options[errexit]=on; done }
repeat ${${(A)pipestatus::=${__bastion_pipes[@]}}:+0}; do __bastion_verdict=0; done' DEBUG
}

# Whether the command may run. What is looked at may be hidden behind a local of that name: then it may not.
# What prompts and keys run was judged when it was made, but for what keys expand; only the context tells what stands
# in a line, or what is ours there.
__bastion_guard() {
    [[ ${(t)zsh_eval_context}${(t)functions} == @TYPES@ && ${(t)ZSH_DEBUG_CMD} == scalar(|-export) ]] || builtin return 1
    if [[ $zsh_eval_context == toplevel* || -n $__bastion_typed && $zsh_eval_context != "shfunc trap shfunc" ]]; then __bastion_step "$ZSH_DEBUG_CMD"; fi
} 2>/dev/null

# Whether the command $1 takes our hooks away, or what they are made of.
__bastion_disarms() {
    builtin emulate -L zsh
    builtin setopt extended_glob
    [[ ${(L)1} == *(trap|debug|opt|set|disable|preexec)* ]] || builtin return 1
    builtin local text=${${(L)1}//[\"\'\\_]/}
    builtin local -a words
    words=(${(Q)${(z)1}})
    while [[ ${words[1]-} == (builtin|command|noglob|-) ]]; do builtin shift words; done
    case ${words[1]-} in
    (trap)
        words=(${words[2,-1]:#--})
        [[ $words == - ]] && builtin return 0
        if (($#words > 1)); then builtin shift words; fi
        [[ -n ${(M)words:#(#i)((SIG|)DEBUG|<60->|*[\$\`]*)} ]] && builtin return 0
        ;;
    (setopt|unsetopt) [[ " $words" == *(' -'[^' ']#m|[\$\`])* || $text == *(unsetopt*[^o]debug|nodebug)beforecmd* ]] && builtin return 0 ;;
    (set) [[ $text == *+*debugbeforecmd* || $text == *[[:space:]]+[^[:space:]]#o[[:space:]]#[\$\`]* ]] && builtin return 0 ;;
    (disable) [[ $text == *([[:space:]]-*|\$|\`|setopt|builtin)* ]] && builtin return 0 ;;
    esac
    [[ $text == *preexecfunctions(:|)(:|)=* && $text != *preexecfunctions=\([^\)]#\$([^a-z]|)preexecfunctions* ]] && builtin return 0
    [[ $1 == *add-zsh-hook[[:space:]]##-D[[:space:]]##preexec* ]] && builtin return 0
    [[ $text == *(trapdebug|debugbeforecmd\]=|debugbeforecmd[[:space:]]##off|unset[[:space:]]##(-*[[:space:]]|)preexecfunctions)* ]]
} 2>/dev/null

# Leaves $1 in __bastion_text, with the path of a program that was given this name; where the name is an
# expansion, or runs or keeps its arguments, with its parameters expanded if that runs nothing. In __bastion_value
# they are expanded in any case.
__bastion_resolve() {
    builtin setopt local_options extended_glob
    __bastion_text=${1#=}
    builtin local name=${__bastion_text%%[[:space:]]*}
    if [[ ${commands[$name]-$name} != (*/|)"$name" ]]; then __bastion_text=$commands[$name]${__bastion_text#$name}; fi
    __bastion_value=$__bastion_text
    if [[ $1 == *'$'* && $1 != *['(`<>|&;']* && ${${1//\$\{[A-Za-z_][A-Za-z0-9_]#\}/ }//\$[A-Za-z_][A-Za-z0-9_]#/ } != *\$* ]]; then
        __bastion_value=${(e)1}
        if [[ ${1%% *} == *'$'* || $1 == (command|builtin|exec|env|sudo|nohup|nice|eval|source|.|trap|sched|xargs|setopt|unsetopt|set|disable)' '* ]]; then
            __bastion_text=$__bastion_value
        fi
    fi
}

# Puts before __bastion_text the functions that it names, and those that these name: of what is not asked for
# again when it runs, who reads it has to see what it comes to.
__bastion_called() {
    builtin local name body text=$__bastion_text
    builtin local -a names
    builtin local -A seen
    names=(${(us: :)text//[^a-zA-Z0-9_.:+@-]/ })
    while (($#names)); do
        name=$names[1]
        builtin shift names
        ((!${+functions[$name]} || ${+seen[$name]})) && builtin continue
        seen[$name]=1 body=$functions[$name]
        [[ $name == __bastion_* || $body == 'builtin autoload '* || $'\n'$text == *$'\n'"$name () {"* ]] && builtin continue
        text="$name () {"$'\n'"$body"$'\n}\n'$text
        names+=(${(us: :)body//[^a-zA-Z0-9_.:+@-]/ })
    done
    __bastion_text=$text
}

# What a trap runs is not asked for again: where the command $1 sets one, or makes a function while there is one.
__bastion_trapped() {
    case $1 in
    (trap[[:space:]]-[[:space:]]*) builtin return ;;
    (trap[[:space:]]*|builtin[[:space:]]*trap[[:space:]]*|TRAP*\(\)*) __bastion_trapping+=$'\n'$__bastion_text ;;
    (*' () {'*)
        [[ -n $__bastion_trapping ]] || builtin return
        __bastion_text+=$__bastion_trapping
        ;;
    (*) builtin return ;;
    esac
    __bastion_called
}

__bastion_step() {
    __bastion_own
    [[ $__bastion_verdict == 2 ]] || builtin return 1
    # what was allowed in this line, and is no other now
    [[ -n ${__bastion_allowed[y$1]-} && ${commands[${__bastion_allowed[y$1]}]-x} == "${__bastion_allowed[z$1]-}" ]] && builtin return 0
    builtin emulate -L zsh
    builtin setopt extended_glob
    builtin local name
    __bastion_resolve "$1"
    name=
    case $1 in
    (*__bastion_*) ;;
    (*)
        if [[ $__bastion_value == (__bastion_*|(builtin |)(typeset|declare|local|private|export|readonly|integer|float|read|vared|print|printf|unset|set|let|getopts|\(\(|unfunction|autoload)[[:space:]]*__bastion_*) || $1 == *' () {'* && $1 == *\$[^\;\&\|$'\n']#' () {'* ]]; then
            name="a name of ours in parts"
        elif [[ -n ${__bastion_allowed[x$__bastion_text]-} ]]; then
            name=${1%%[[:space:]]*}
            # nothing that is expanded in it is looked at above
            if [[ $__bastion_text == "$1" && ($1 != *\$* || $1 == *['(`<>|&;']* || $name != (*\$*|builtin|typeset|declare|local|private|export|readonly|integer|float|read|vared|print|printf|unset|set|let|getopts|unfunction|autoload)) ]]; then
                __bastion_allowed[y$1]=$name __bastion_allowed[z$1]=${commands[$name]-x}
            fi
            builtin return 0
        # the tables of compinit, thousands of lines: what they name is asked for at the prompt
        elif [[ $__bastion_text == (_comps|_patcomps|_postpatcomps|_i_test)\[[a-zA-Z0-9_.:+@-]##\]=(yes|_[a-zA-Z0-9_-]##|\"_[a-zA-Z0-9_-]##\")[[:space:]]# ]]; then
            builtin return 0
        fi
        ;;
    esac
    case $1 in
    # of a completion of the old kind, nobody can say what it runs
    (compctl*) name="a completion that may run anything" ;;
    (builtin[[:space:]]*\(\)*|function*builtin*|function*\$*|autoload*builtin*|(|builtin[[:space:]]|command[[:space:]]|trap*|sched*|eval*)zmodload[[:space:]]*(-[^[:space:]]#u|\$|-F*[[:space:]]-[a-z]:)*)
        name="a function in the place of builtin, or a module taken away"
        ;;
    (*)
        # whether there is a function, and what it is, may be read
        if [[ ${${1//\$\{(+|)functions\[[a-zA-Z0-9_.:\$-]#\]\}/ }//\$(+|)functions\[[a-zA-Z0-9_.:\$-]#\]/ } == *functions\[* ]]; then
            name="a function in the place of builtin, or a module taken away"
        fi
        if __bastion_disarms "$__bastion_text"; then name="what asks for commands was to be taken away"; fi
        ;;
    esac
    if [[ -n $name ]]; then
        __bastion_asker=$$
        __bastion_send H "$name"
        __bastion_verdict=0
        builtin return 1
    fi
    __bastion_trapped "$1"
    builtin set -- "$__bastion_text"
    [[ -z ${__bastion_allowed[x$1]-} ]] || builtin return 0
    name=${1//\%/%25}
    name=$__bastion_folder/ok.$$.$__bastion_epoch.${name//\//%2F}
    ((${#name} < 250)) && [[ -e $name ]] && builtin return 0
    __bastion_asker=$sysparams[pid]
    __bastion_verdict=0
    __bastion_ask C "$1" || __bastion_said=D
    case $__bastion_said in
    (A)
        __bastion_allowed[x$1]=1 __bastion_verdict=2
        if ((${#name} < 250)); then : >|"$name"; fi
        ;;
    (O|S) __bastion_verdict=2 ;;
    (*)
        # a loop would go on with what is skipped, or substitute once more; a line that is typed is to stay
        if [[ $sysparams[pid] != $$ ]]; then
            if [[ -z $__bastion_typed && $zsh_eval_context == *cmdsubst* && $sysparams[ppid] == $$ ]]; then builtin kill -INT $$; fi
            builtin kill -INT $sysparams[pid]
        elif [[ -z $__bastion_typed ]]; then
            __bastion_stop
        fi
        builtin return 1
        ;;
    esac
} 2>/dev/null
