# Asks before bash runs a line. docs/PROTOCOL.shell says how; names of ours begin with __bastion_.
#
# A line is asked for where PS0 leads to, which bash expands when it has read a whole line and before it
# runs any of it. A subshell there (one fork) sends the shell a signal, whose trap bash runs as the first
# thing of the line: so the shell itself asks, which costs a tenth of what a subshell takes for it. Where
# our trap is not there (between the lines of a paste), the subshell asks, and an arithmetic expansion
# brings the answer into the shell. The DEBUG trap asks for each command of a line that hides some. What a
# line needs to be seen (history on and unfiltered, cmdhist, traps of ours) is lent while a line is read and
# given back when it runs.
#
# Variables of functions are named like all that is ours: another name may be the person's, who may have made it
# readonly.
#
# In the person's own shell no builtin is called before __bastion_own has made sure that it is one: a
# function of the same name would run unasked.

# started in posix mode only so that bash reads this file and no other; here, functions cannot hide unset
\unset -f builtin unset shopt set declare
set +o posix
shopt -u inherit_errexit
unset POSIX_PEDANTIC
# a shell within a shell that asks knows the folder by this file's name
declare +x __bastion_folder=${ENV%/bash}
if [[ -n ${__bastion_env-} ]]; then ENV=$__bastion_env; else unset ENV; fi
unset __bastion_env
if [[ $HISTFILE == "$HOME/.sh_history" ]]; then HISTFILE=$HOME/.bash_history; fi

# Nothing of the person's stands before `builtin` any more. Who makes such a function unremovable is out.
__bastion_own() { __bastion_own_within ":$BASHOPTS:" ":$SHELLOPTS:"; }

__bastion_own_within() {
    # what a reference has in a subscript runs; a loop refers it to something else
    if [[ -R POSIXLY_CORRECT ]]; then for POSIXLY_CORRECT in __bastion_posix; do [[ rebound ]]; done; fi
    # a number: it may be calculated
    POSIXLY_CORRECT=1
    \unset -f builtin || \exit 1
    builtin enable trap
    if [[ -R POSIXLY_CORRECT || -R PROMPT_COMMAND || -R PS0 || -R PS1 || -R PS2 || -R PS4 || -R HISTCONTROL || -R HISTIGNORE || -R HISTSIZE ]]; then __bastion_leave; fi
    if [[ $2 != *:posix:* ]]; then
        \unset POSIXLY_CORRECT
        # leaving posix mode leaves these behind
        [[ $1 == *:inherit_errexit:* ]] || builtin shopt -u inherit_errexit
        [[ $1 == *:expand_aliases:* ]] || builtin shopt -u expand_aliases
        [[ $1 == *:interactive_comments:* ]] || builtin shopt -u interactive_comments
    fi
}

@bash_ask.sh@
@bash_step.sh@
@bash_trap.sh@
@bash_signal.sh@
@bash_words.sh@
@bash_guard.sh@

# (an element, so that their attributes can be told)
declare -A __bastion_user=([0]=) __bastion_known=([0]=)
__bastion_nonce=@NONCE@ __bastion_token=@TOKEN@ __bastion_patience=@PATIENCE@
__bastion_phase=0 __bastion_verdict=0 __bastion_was=2 __bastion_epoch=0 __bastion_next=0 __bastion_first= __bastion_line=0 __bastion_forget= __bastion_stepped= __bastion_lines=0
__bastion_lent= __bastion_traced= __bastion_pending= __bastion_read= __bastion_last= __bastion_status=0
__bastion_has_int= __bastion_user_int= __bastion_has_rule= __bastion_user_rule= __bastion_user_debug= __bastion_user_options= __bastion_user_shell=
__bastion_stuck= __bastion_resend= __bastion_noted= __bastion_user_signals= __bastion_user_child= __bastion_due=0 __bastion_children=0 __bastion_go=0
__bastion_commands= __bastion_functions= __bastion_traps= __bastion_said= __bastion_asker= __bastion_name= __bastion_before_asking=0
__bastion_catches= __bastion_returns= __bastion_looks= __bastion_stepping= __bastion_listed= __bastion_armed=
__bastion_nested= __bastion_ruled=0 __bastion_number=0 __bastion_drops=0 __bastion_seen=0 __bastion_user_ps0= __bastion_named= __bastion_stale= __bastion_text= __bastion_id= __bastion_entry= __bastion_hiding= __bastion_result= __bastion_fresh= __bastion_barred=  __bastion_allowed= __bastion_cut= __bastion_hooked=$'\037'
# An expansion of nothing, for its arithmetic: so a prompt changes what the shell itself knows. The two
# quotes keep an alias from being read.
__bastion_e=
__bastion_refuse=('`{ '"''"'__bastion_stop; } 2>/dev/null`' '' '' '' '' '' '' '' '' '')
__bastion_begin='${__bastion_e:$((__bastion_phase=1,0))}'
__bastion_end='${__bastion_e:$((__bastion_phase=2,0))}'
__bastion_ps0='${__bastion_e:$((__bastion_was=__bastion_phase,__bastion_drops+=__bastion_phase==5,__bastion_phase=3,__bastion_verdict=0,__bastion_epoch+=1,__bastion_seen=0,__bastion_pending=1,__bastion_read=1,__bastion_line=__bastion_next,0))}'
# What may fail stands in an expansion of its own (@P), so that the rest, and with it a refusal, comes all the same.
__bastion_ps0+='${__bastion_mark@P}${__bastion_user_ps0@P}'
# The history's number: where a trap is due, bash may take what it reads here for a line, and remember it.
__bastion_mark='${__bastion_e:$((__bastion_seen=\!-__bastion_seen,0))}'
# Behind the person's own, and in backquotes: where bash parses a substitution it runs a trap that is due, and fails.
__bastion_ps0_end='${__bastion_asks@P}${__bastion_refuse[__bastion_verdict]@P}${__bastion_mark@P}${__bastion_e:$((__bastion_drops+=__bastion_verdict==0,__bastion_phase=__bastion_verdict==5?5:4,0))}'
__bastion_asks='${__bastion_e:$((__bastion_line=10#0`{ '"''"'__bastion_begun; } 2>/dev/null`,__bastion_children-=1,__bastion_verdict=__bastion_line%10,__bastion_line/=10,__bastion_next=__bastion_line+1,0))}'
__bastion_ps2='`'"''"'__bastion_more 2>/dev/null`'
# No [[ in what bash parses as it runs: 5.2 fails on each that follows a wrong one (`[[ -f ]]`).
# what stands left of || does not end a shell that is to end on failures
# a line that is being asked for, and a prompt, run many commands of ours: a call each would cost
# (3: only a substitution in PS0 is no part of a line). Whatever a trap of the person's returns from, it is not allowed.
__bastion_hook='{ case $__bastion_phase$BASH_SUBSHELL in [16]* | 3[1-9]*) ;; *) \__bastion_step "$BASH_COMMAND" "$_" && case $__bastion_go in 1) ((__bastion_go=0,1)) ;; *) ((0)) ;; esac ;; esac; } 2>/dev/null'
__bastion_unseen='case $__bastion_phase$BASH_COMMAND in [1236]* | *__bastion_*) ;; *)'$'\n'
__bastion_esac=$'\n;; esac'
# extdebug has functions of ours run the person's RETURN trap, too
__bastion_unreturned='case $__bastion_phase${FUNCNAME-} in [!4]* | 4__bastion_*) ;; *)'$'\n'
__bastion_before='{ \__bastion_prompts "$_" && ((1)); } 2>/dev/null'
# a redirection is expanded before any command: there our DEBUG trap lets pass what is ours (6)
__bastion_rule='{ \__bastion_ask_line "$_"; } 2>"/dev/null${__bastion_e:$((__bastion_phase+=__bastion_phase==5,0))}" || \builtin eval "$__bastion_resend" || ((1))'
__bastion_interrupted='\__bastion_catch "$?"; \builtin . "$__bastion_folder/i"; \__bastion_catch_end'
__bastion_note_begin='{ ((1)); } 2>"/dev/null${__bastion_e:$(('
__bastion_note_end=',0))}" || ((1))'
# not in a function, where traps cannot be seen
__bastion_after='{ \__bastion_prompt "$_"; \builtin eval "$__bastion_resend"; { builtin printf "\n__bastion_adopt INT "; builtin trap -p INT; builtin printf "\n__bastion_adopt RTMAX "; builtin trap -p RTMAX; builtin printf "\n__bastion_adopt RETURN "; builtin trap -p RETURN; '
__bastion_after+='builtin printf "\n__bastion_adopt DEBUG "; builtin trap -p DEBUG; } >|"$__bastion_folder/t"; \__bastion_ready; } 2>/dev/null || ((1))'
readonly __bastion_nonce __bastion_token __bastion_patience __bastion_folder __bastion_e __bastion_mark __bastion_asks __bastion_refuse __bastion_begin __bastion_end
readonly __bastion_esac __bastion_note_begin __bastion_note_end __bastion_interrupted __bastion_unseen __bastion_unreturned __bastion_rule __bastion_ps0 __bastion_ps0_end __bastion_ps2 __bastion_hook __bastion_before __bastion_after
__bastion_ours=$'\n'$(compgen -A function __bastion_)$'\n'
readonly __bastion_ours
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)); then __bastion_watch; fi
unset -f __bastion_watch
readonly -f $(compgen -A function __bastion_)
# unset, they would say what somebody wants
readonly FUNCNAME BASH_COMMAND BASHPID BASH_SUBSHELL

# What a login shell reads, or another one. Who interrupts that gets a prompt, which is to ask all the same.
trap -- '__bastion_cut=1; [[ ${BASH_SOURCE[0]-} == /dev/fd/9 ]] || return' INT
if shopt -q login_shell; then
    if [[ -r /etc/profile ]]; then . /etc/profile; fi
    for __bastion_file in ~/.bash_profile ~/.bash_login ~/.profile; do
        if [[ -z $__bastion_cut && -r $__bastion_file ]]; then
            . "$__bastion_file"
            break
        fi
    done
else
    if [[ -r /etc/bash.bashrc ]]; then . /etc/bash.bashrc; fi
    if [[ -z $__bastion_cut && -r ~/.bashrc ]]; then . ~/.bashrc; fi
fi
{
    __bastion_own
    __bastion_lend_children none
    builtin unset __bastion_file
    if [[ $(builtin trap -p INT) == *__bastion_cut* ]]; then builtin trap - INT; fi
    if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
        __bastion_asker=$$
        $(__bastion_send E "bash $BASH_VERSION cannot be integrated")
    else
        # a DEBUG trap of the login files is not to see us either
        builtin eval "$(''__bastion_show_debug)"
        if [[ -n $__bastion_user_debug ]]; then builtin trap -- "$__bastion_unseen$__bastion_user_debug$__bastion_esac" DEBUG; fi
        __bastion_hooks
        for __bastion_said in PS0 PS1 PS2 PS4; do __bastion_known[$__bastion_said]=${!__bastion_said-}; done
        __bastion_known[PROMPT_COMMAND]=$__bastion_commands
        __bastion_learn
    fi
    __bastion_return_children
} 2>/dev/null
