# Read by zsh as .zshenv, .zprofile, .zshrc and .zlogin: the person's own of that name, then, at last, ours.
# A shell that is no login shell reads no more than .zshrc.
if [[ $__bastion_file == .zshenv ]]; then
    typeset +x __bastion_folder __bastion_zdotdir
    # now, for the person's files may say that modules are elsewhere
    if zmodload zsh/parameter zsh/system zsh/sched 2>/dev/null; then
        . "$__bastion_folder/zsh/hooks"
    else
        print -r -- "@NONCE@ E $$ 0 $$.0 this zsh has not all modules" 1<>"$__bastion_folder/q"
        __bastion_start() { unfunction __bastion_start; }
    fi
fi
if [[ -n $__bastion_zdotdir ]]; then ZDOTDIR=$__bastion_zdotdir; else unset ZDOTDIR; fi
if [[ -r ${ZDOTDIR:-$HOME}/$__bastion_file ]]; then . "${ZDOTDIR:-$HOME}/$__bastion_file"; fi
__bastion_zdotdir=${ZDOTDIR-}
if [[ $__bastion_file == .zlogin || $__bastion_file == .zshrc && ! -o login ]]; then
    unset __bastion_zdotdir __bastion_file
    __bastion_start
else
    ZDOTDIR=$__bastion_folder/zsh
fi
