# What keys run at a prompt of zsh, with no line. Part of zsh.zsh.

# Keys that complete a word expand it first, and so run what stands in it; one starts an editor. They are ours, by
# the name of what they do.
__bastion_keys() {
    builtin emulate -L zsh
    builtin setopt no_aliases
    builtin local map line widget
    builtin local -a parts
    __bastion_typed=
    # what prepares keys may do so in the first prompts; what changes them is a line that was asked for in steps
    [[ -n $__bastion_stepped || $__bastion_lines -lt 3 ]] || builtin return
    for line in ${(f)"$(for map in $keymaps; do builtin print -r -- "map $map"; builtin bindkey -M $map; done)"}; do
        [[ $line == ('"^I" '|'map ')* || $line == *(expan|complet|list|edit-c)* ]] || builtin continue
        parts=(${(z)line})
        widget=${parts[-1]}
        if [[ $parts[1] == map ]]; then
            map=$widget
        elif [[ $widget == *__bastion_* || $widget == \"* || $parts[1] == ?*\"-\"?* || $map == .* ]]; then
            builtin continue
        elif [[ $parts[1] == '"^I"' && $widget != (self-insert|undefined-key) || -n ${__bastion_expanding[${widget#.}]-} ]]; then
            builtin zle -N "__bastion_expand_$widget" __bastion_expand
            builtin bindkey -M $map "${(Q)parts[1]}" "__bastion_expand_$widget"
        fi
    done
}

# Where the word before the cursor may run something, zsh's own widget alone expands it, and it is asked for command
# by command.
__bastion_expand() {
    builtin local __bastion_widget=${WIDGET#__bastion_expand_}
    if [[ $__bastion_widget == edit-command-line ]]; then
        __bastion_asker=$$
        if __bastion_ask C "${VISUAL:-${EDITOR:-vi}} command.zsh" && [[ $__bastion_said != D ]]; then
            builtin zle $__bastion_widget -- "$@"
        fi
        __bastion_tell
    elif [[ $__bastion_widget == delete-char-or-list && -o ignore_eof && $KEYS == $'\C-d' && -z $PREBUFFER$BUFFER ]]; then
        # zsh says so where the key is bound to a widget of its own
        builtin zle -M "zsh: use '${${options[login]/off/exit}/on/logout}' to ${${options[login]/off/exit}/on/logout}."
        ! builtin :
    elif __bastion_expands; then
        builtin unsetopt local_options
        builtin setopt debug_before_cmd
        ((++__bastion_epoch))
        __bastion_widget=${__bastion_expanding[${__bastion_widget#.}]:-expand-or-complete}
        __bastion_trace
        __bastion_asker=$$ __bastion_allowed=() __bastion_verdict=2 __bastion_typed=1
        builtin zle .$__bastion_widget
        __bastion_verdict=0 __bastion_typed=
        __bastion_untrace
        __bastion_tell
    else
        # its status, but nothing that the person has run, or end, where a command fails
        ! { ! builtin zle $__bastion_widget -- "$@" }
    fi
}

# Whether something stands in the word before the cursor, or behind it, that an expansion may run.
__bastion_expands() {
    builtin emulate -L zsh
    builtin local text=$PREBUFFER${LBUFFER}x
    builtin local -a words
    words=(${(z)text})
    text=$words[-1]$RBUFFER
    # a backslash covers what follows
    text=${text//\\?/}
    [[ $text == *[\(\`]* || $text == *\$*\[* ]]
}

# The keys are asked for from the first prompt on. Names are those of zsh's widgets, or of those that lead to them.
__bastion_prepare_keys() {
    builtin emulate -L zsh
    builtin local widget
    builtin typeset -g __bastion_typed=
    builtin typeset -gA __bastion_expanding
    for widget in {expand-or-,menu-expand-or-,menu-,reverse-menu-,accept-and-menu-}complete expand-or-complete-prefix complete-word expand-word list-expand list-choices delete-char-or-list edit-command-line; do
        __bastion_expanding[$widget]=$widget
    done
    __bastion_expanding+=(_expand_word expand-word _list_expansions list-expand)
}

# What completions run that is no function: what compinit's tables name, and what styles are made of, as -e or as
# the styles called command and completer. Leaves it in __bastion_completing; takes back what is in $@.
__bastion_completions() {
    builtin emulate -L zsh
    builtin setopt extended_glob
    builtin local word key text
    builtin local -a words line codes programs
    programs=(${(k)commands[(I)_*]})
    __bastion_completing=()
    for word in _comps _patcomps _postpatcomps; do
        [[ ${parameters[$word]-} == association* ]] || builtin continue
        words=("${(@P)word}")
        __bastion_completing+=("${(@)words:#_[a-zA-Z0-9_.-]#}" ${words:*programs})
        (($#)) || builtin continue
        line=()
        for key text in "${(@Pkv)word}"; do
            ((${@[(Ie)$text]})) || line+=("$key" "$text")
        done
        builtin set -A $word "${(@)line}"
    done
    builtin zmodload -e zsh/zutil || builtin return 0
    line=()
    words=("${(@z)$(\builtin zstyle -L)}" ";")
    for word in "${(@)words}"; do
        line+=("${(Q)word}")
        [[ $word == ";" ]] || builtin continue
        line[-1]=() text= codes=()
        builtin shift line
        if [[ ${line[1]-} == -e ]]; then
            builtin shift line
            text=${(j: :)line[3,-1]}
        elif [[ ${line[2]-} == command ]]; then
            text=${${(j: :)line[3,-1]}#-}
        elif [[ ${line[2]-} == completer ]]; then
            codes=(${line[3,-1]%%:*})
            codes=(${codes:#_[a-zA-Z0-9_.-]#} ${codes:*programs})
        fi
        codes+=($text)
        if (($#)) && [[ -n ${codes:*argv} ]]; then builtin zstyle -d "${line[1]}" "${line[2]}"; fi
        __bastion_completing+=($codes)
        line=()
    done
}

__bastion_untrace() {
    builtin emulate -L zsh
    builtin setopt no_local_traps
    builtin trap - DEBUG
}

__bastion_tell() { __bastion_send P "$__bastion_status $__bastion_lines $PWD"; }
