# What becomes of the person's INT trap while a line is asked for command by command. Part of bash.sh.

# The person's INT trap, which may return.
__bastion_caught() { builtin eval "$__bastion_user_int"; }

# In a line that is asked for command by command: after an INT trap that returns from a function, bash would name
# the command that was interrupted in the place of each one that follows. So it runs in a file, where to return
# ends only that, and the function is left at its next command. A function would keep it from a `break`.
__bastion_lend_interrupts() {
    __bastion_looks=
    if [[ -n $__bastion_has_int && -n $__bastion_user_int ]]; then
        builtin printf '%s\n' '\__bastion_as "$__bastion_catches"; \builtin eval "$__bastion_user_int"' '__bastion_catches=' >|"$__bastion_folder/i"
        __bastion_listed=$(builtin trap -p INT)
        builtin trap -- "$__bastion_interrupted" INT
    fi
}

__bastion_catch() {
    # it may be there itself that we are interrupted
    __bastion_catches=$1
    __bastion_own
}

# Also the DEBUG trap's status.
__bastion_as() {
    __bastion_own
    builtin return "$1"
}

__bastion_catch_end() { if [[ -n $__bastion_catches ]]; then __bastion_returns=${#FUNCNAME[@]}; fi; }

# Whether what the INT trap returned from goes on here.
__bastion_returned() {
    builtin local -i __bastion_here_depth="$__bastion_returns"
    __bastion_returns=
    ((__bastion_here_depth > 1 && __bastion_here_depth == ${#FUNCNAME[@]} - 3))
}

# Lends an INT trap that the command before set. Where that ran before we saw it, bash might name that command for
# this one, $1: then the line ends.
__bastion_look() {
    builtin local __bastion_here_trap=
    __bastion_own
    __bastion_looks=
    if [[ $BASHPID == "$$" ]]; then
        builtin trap -p INT >|"$__bastion_folder/t"
        IFS= builtin read -r -d '' __bastion_here_trap <"$__bastion_folder/t" || [[ ended ]]
    else
        __bastion_here_trap=$(builtin trap -p INT)
    fi
    [[ $__bastion_here_trap != "trap -- '$__bastion_interrupted' "* ]] || builtin return 0
    builtin eval "__bastion_adopt INT $__bastion_here_trap"
    [[ -n $__bastion_user_int ]] || builtin return 0
    __bastion_lend_interrupts
    [[ $1 == "$__bastion_stepping" ]] || builtin return 0
    __bastion_verdict=0
    __bastion_lend
    builtin trap - INT
    builtin kill -INT "$BASHPID"
    builtin return 1
}

# Lists traps as they would be without ours.
__bastion_list() {
    builtin local __bastion_here_traps __bastion_here_signals
    __bastion_own
    if [[ -n $__bastion_listed$__bastion_user_signals$__bastion_user_child ]] && ! builtin declare -F trap >/dev/null; then
        builtin eval "$__bastion_user_signals"
        __bastion_return_children
        builtin eval "$1" >|"$__bastion_folder/l.$BASHPID"
        __bastion_lend_signals none
        IFS= builtin read -r -d '' __bastion_here_traps <"$__bastion_folder/l.$BASHPID" || [[ ended ]]
        if [[ -n $__bastion_listed ]]; then __bastion_here_traps=${__bastion_here_traps//"trap -- '$__bastion_interrupted' SIGINT"/"$__bastion_listed"}; fi
        builtin printf %s "$__bastion_here_traps"
        [[ -z skipped ]]
    fi
}

# Before a trap is set: bash names none of the commands that it runs, so functions that this line made are asked
# for, now, and where it makes more.
__bastion_arm() {
    __bastion_armed=${__bastion_armed:-0} __bastion_fresh=1
    __bastion_made
}

__bastion_looked() { __bastion_look "$1" && { [[ -z $__bastion_armed ]] || __bastion_made; }; }

__bastion_made() {
    __bastion_own
    [[ $(builtin declare -f) != "$__bastion_functions" ]] || builtin return 0
    # an interrupt may keep us from ever hearing the answer
    __bastion_asker=$BASHPID __bastion_before_asking=$__bastion_verdict __bastion_verdict=0
    [[ $(''__bastion_made_asked) == A ]] || builtin return 1
    __bastion_functions=$(builtin declare -f)
    __bastion_verdict=$__bastion_before_asking __bastion_armed=$((__bastion_armed + 1)) __bastion_fresh=1
}

__bastion_made_asked() {
    __bastion_own
    builtin trap - DEBUG RETURN
    builtin trap '' QUIT TSTP
    __bastion_changed_functions
    builtin printf %s "$__bastion_said"
    [[ $__bastion_said == D ]] && __bastion_interrupt
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
    builtin trap - DEBUG RETURN
    __bastion_resolve "$1"
    builtin printf %s "$__bastion_text"
}

__bastion_show_debug() {
    __bastion_own
    builtin printf '__bastion_adopt DEBUG '
    builtin trap -p DEBUG
}

# Whether the command $1, whose words cannot be resolved, sets a trap whose text nobody knows.
__bastion_is_unknown_trap() {
    builtin local __bastion_here_known="^trap( --)? ('[^']*'|-[lp]?|[a-zA-Z0-9_]+)( |$)"
    [[ ${1//[\"\'\\]/} == *trap\ * && ! $1 =~ $__bastion_here_known ]]
}
