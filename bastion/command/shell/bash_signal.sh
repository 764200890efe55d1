# What becomes of the person's traps on other signals while a line is edited and asked for. Part of bash.sh.
#
# What comes while a line is edited, bash runs when the line was read: before we have asked for it, and it could take
# away what asks. What comes while we ask runs in a function of ours, and may return from it. So it is noted, and sent
# again when the line may run; where that is asked for command by command, at the prompt: a trap could take away what
# asks for the rest of it, and nobody would see. (Not HUP: no line comes after. And what a line itself sets, it has.)
#
# A trap on a child's end bash runs wherever a child ends, within any function, and where it returns bash goes on to
# name the command that was run then. So it is noted to the end of a line that is asked for command by command. There is
# none while we ask: an interrupt of it, within our DEBUG trap, would leave that for good.

# __bastion_lend_signals [NONE]: leaves in __bastion_here_signals what gives them back.
__bastion_lend_signals() {
    builtin local __bastion_here_name
    builtin local -a __bastion_here_lines
    __bastion_here_signals=
    __bastion_lend_children "$@"
    builtin trap -p >|"$__bastion_folder/t.$BASHPID"
    builtin mapfile -t __bastion_here_lines <"$__bastion_folder/t.$BASHPID"
    # rows within a trap may look as if they ended in a signal's name: that has no trap
    for __bastion_here_name in "${__bastion_here_lines[@]##* }"; do
        case $__bastion_here_name in
        '' | *[!A-Z0-9+-]* | EXIT | DEBUG | ERR | RETURN | SIGHUP | SIGINT | SIGRTMAX | SIGCHLD | HUP | INT | RTMAX | CHLD) ;;
        *) __bastion_lend_signal "$__bastion_here_name" ;;
        esac
    done
    __bastion_go=2
}

__bastion_lend_signal() {
    builtin local __bastion_here_trap= __bastion_here_before
    __bastion_is_lendable "$1" || builtin return 0
    if [[ " $__bastion_noted" != *" $1 "* ]]; then __bastion_noted+="$1 " __bastion_fresh=1; fi
    __bastion_here_before=" ${__bastion_noted%%"$1 "*}"
    __bastion_here_before=${__bastion_here_before//[!\ ]}
    __bastion_here_signals+="__bastion_return_signal $__bastion_here_trap"
    builtin trap -- "${__bastion_note_begin}__bastion_due|=1<<${#__bastion_here_before}$__bastion_note_end" "$1"
}

# Whether there is a trap of the person's on the signal $1, left in __bastion_here_trap. What is ignored stays so, and
# a dash is what posix mode lists besides.
__bastion_is_lendable() {
    builtin trap -p "$1" >|"$__bastion_folder/t.$BASHPID"
    IFS= builtin read -r -d '' __bastion_here_trap <"$__bastion_folder/t.$BASHPID" || [[ ended ]]
    [[ -n $__bastion_here_trap && $__bastion_here_trap != "trap -- '$__bastion_note_begin"* && $__bastion_here_trap != "trap -- '' "* && $__bastion_here_trap != 'trap -- - '* ]]
}

# __bastion_return_signal trap -- BODY NAME: that trap again, if the person has not set another one.
__bastion_return_signal() {
    builtin local __bastion_here_trap=
    __bastion_is_lendable "$4" || [[ ours ]]
    if [[ $__bastion_here_trap == "trap -- '$__bastion_note_begin"* ]]; then builtin trap -- "$3" "$4"; fi
}

# All of them, unless the line is asked for command by command.
__bastion_return_signals() {
    if [[ $__bastion_verdict$__bastion_phase == 2[46] ]]; then
        __bastion_lend_children
    else
        if [[ -n $__bastion_user_signals ]]; then builtin eval "$__bastion_user_signals"; fi
        __bastion_user_signals=
        __bastion_return_children
    fi
}

# Leaves in __bastion_resend what sends again the signals that came meanwhile: not in a function, from which their traps
# might return, and with the status that these are to see. $1 is the phase that then begins.
__bastion_tell_signals() {
    builtin local __bastion_here_name IFS=$' \t\n'
    builtin local -i __bastion_here_bit=2
    __bastion_resend=
    for __bastion_here_name in $__bastion_noted; do
        if ((__bastion_due & __bastion_here_bit)); then __bastion_resend+="builtin kill -s $__bastion_here_name $$; "; fi
        __bastion_here_bit=$((__bastion_here_bit << 1))
    done
    if [[ -n $__bastion_resend ]]; then __bastion_resend="\\__bastion_as $__bastion_status; __bastion_phase=$1 __bastion_resend=\$(${__bastion_resend}builtin exit $__bastion_status)"; fi
    __bastion_noted= __bastion_due=0
}

# __bastion_lend_children [NONE]
__bastion_lend_children() {
    builtin local __bastion_here_trap=
    if __bastion_is_lendable CHLD; then
        __bastion_fresh=1
        builtin eval "__bastion_adopt CHLD $__bastion_here_trap"
    fi
    if [[ -z $__bastion_user_child ]]; then
        builtin return
    elif [[ -n ${1-} ]]; then
        builtin trap - CHLD
    else
        builtin trap -- "${__bastion_note_begin}__bastion_children+=1$__bastion_note_end" CHLD
    fi
}

# The person's trap on a child's end again, if what was asked for has not set another one. Bash itself runs it for
# children only, whatever is sent.
__bastion_return_children() {
    builtin local __bastion_here_trap=
    [[ -n $__bastion_user_child ]] || builtin return 0
    __bastion_is_lendable CHLD || [[ ours ]]
    if [[ -z $__bastion_here_trap || $__bastion_here_trap == "trap -- '$__bastion_note_begin"* ]]; then
        builtin trap -- "$__bastion_user_child" CHLD
        while ((__bastion_children > 0)); do
            __bastion_children=$((__bastion_children - 1))
            __bastion_bereaved
        done
    fi
    __bastion_user_child=
}

# It may return.
__bastion_bereaved() { builtin eval "$__bastion_user_child"; }

# Leaves all traps of the person's in __bastion_text.
__bastion_list_traps() {
    __bastion_return_children
    builtin trap -p >|"$__bastion_folder/t.$BASHPID"
    IFS= builtin read -r -d '' __bastion_text <"$__bastion_folder/t.$BASHPID" || [[ ended ]]
    __bastion_lend_children none
}
