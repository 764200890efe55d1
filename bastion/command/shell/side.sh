# The side channel: carries a shell's questions to standard output, and answers back to whoever asked.
umask 077
tell() { printf '%s %s\n' '@NONCE@' "$1"; }
case ${SHELL##*/} in
bash | zsh) ;;
fish)
    case $("$SHELL" --version 2>/dev/null </dev/null) in
    *' 3.'[67].*) ;;
    *)
        tell "ABSENT this fish cannot be integrated"
        exit 0
        ;;
    esac
    ;;
*)
    tell "ABSENT ${SHELL##*/} cannot be integrated"
    exit 0
    ;;
esac
folder=
for place in /dev/shm /tmp /var/tmp "$HOME"; do
    mkdir "$place/@FOLDER@" 2>/dev/null || continue
    mkfifo "$place/@FOLDER@/q" 2>/dev/null && printf '%s\n' $$ 2>/dev/null >"$place/@FOLDER@/side" &&
        folder=$place/@FOLDER@ && break
    rm -rf "$place/@FOLDER@"
done
if [ -z "$folder" ]; then
    tell "ABSENT no place for pipes"
    exit 0
fi
trap 'rm -rf "$folder"' EXIT
trap 'exit 0' HUP INT TERM PIPE
# the pipe always has a writer, so that its reader stays, until we end
exec 3<>"$folder/q"
exec 4<"$folder/q" 5>"$folder/q" 3<&-
cat <&4 4<&- 5>&- &
exec 4<&-
tell "READY ${SHELL##*/}"
while read -r process answer; do
    case $process in '' | *[!0-9]*) continue ;; esac
    # opened for both, a pipe that nobody reads any more cannot hold us up
    if [ -p "$folder/a.$process" ]; then printf '%s\n' "$answer" 1<>"$folder/a.$process"; fi
done
