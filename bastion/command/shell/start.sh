# Starts the person's shell with the integration, or as it would start without.
plain() {
    if [ -n "$__bastion_folder" ]; then
        printf '%s\n' "@NONCE@ E $$ 0 $$.0 $1" 1<>"$__bastion_folder/q"
    fi
    unset __bastion_folder
    exec "$SHELL" -l
}
# What sshd shows to who asks for a shell, but not to who asks for a command.
greet() {
    if ! [ -e "$HOME/.hushlogin" ]; then cat /run/motd.dynamic /etc/motd 2>/dev/null; fi
}
__bastion_folder=
for place in /dev/shm /tmp /var/tmp "$HOME"; do
    if [ -O "$place/@FOLDER@" ] && [ -p "$place/@FOLDER@/q" ]; then
        __bastion_folder=$place/@FOLDER@
        break
    fi
done
[ -n "$__bastion_folder" ] || plain
greet
export __bastion_folder
case ${SHELL##*/} in
bash)
    # bash reads what ENV names, and nothing before it, when it is interactive and in posix mode
    cat >"$__bastion_folder/bash" <<'__BASTION_END__' || plain "no place for files"
@bash.sh@
__BASTION_END__
    __bastion_env=${ENV-}
    ENV=$__bastion_folder/bash
    export ENV __bastion_env
    exec "$SHELL" -p -c 'exec -a -bash "$0" --posix' "$SHELL"
    ;;
zsh)
    # zsh reads its files from ZDOTDIR only; ours read the person's own, one by one
    mkdir -m 700 "$__bastion_folder/zsh" || plain "no place for files"
    cat >"$__bastion_folder/zsh/load" <<'__BASTION_END__' || plain "no place for files"
@zshload.zsh@
__BASTION_END__
    cat >"$__bastion_folder/zsh/hooks" <<'__BASTION_END__' || plain "no place for files"
@zsh_step.zsh@
@zsh.zsh@
@zsh_keys.zsh@
__BASTION_END__
    for file in .zshenv .zprofile .zshrc .zlogin; do
        printf '%s\n' "__bastion_file=$file" ". '$__bastion_folder/zsh/load'" >"$__bastion_folder/zsh/$file" ||
            plain "no place for files"
    done
    __bastion_zdotdir=${ZDOTDIR-}
    ZDOTDIR=$__bastion_folder/zsh
    export ZDOTDIR __bastion_zdotdir
    exec "$SHELL" -f -c 'exec -a -zsh "$0"' "$SHELL"
    ;;
fish)
    # what fish is told to run first, it runs after the person's own files
    cat >"$__bastion_folder/ask" <<'__BASTION_END__' || plain "no place for files"
@fish_ask.sh@
__BASTION_END__
    cat >"$__bastion_folder/fish" <<'__BASTION_END__' || plain "no place for files"
@fish.sh@
__BASTION_END__
    exec "$SHELL" -l -C '. "$__bastion_folder/fish"'
    ;;
esac
plain "${SHELL##*/} cannot be integrated"
