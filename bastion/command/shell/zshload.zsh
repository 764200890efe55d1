# Read by zsh as .zshenv, .zprofile, .zshrc and .zlogin: the person's own of that name, then, at last, ours.
# A shell that is no login shell reads no more than .zshrc.
if [[ $__bastion_file == .zshenv ]]; then
    typeset +x __bastion_folder __bastion_zdotdir
    . "$__bastion_folder/zsh/hooks"
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
