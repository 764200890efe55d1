# Says one thing to the side channel for fish, and waits for the answer where one is due: the status is 0 where
# it allows. Read from standard input, so that no list of processes shows them: nonce, token, folder, text.
PATH=/usr/bin:/bin
umask 077
IFS= read -r nonce && IFS= read -r token && IFS= read -r folder && IFS= read -r text || exit 1
kind=$1 process=$2 count=$3 left=$4
read -r random </proc/sys/kernel/random/uuid || exit 1
id=$process.$count.$random
pipe=$folder/a.$process
send() {
    [ -p "$folder/q" ] || return 1
    if [ ${#3} -le 900 ]; then
        printf '%s\n' "$nonce $1 $process 0 $2 $3" 1<>"$folder/q"
        return
    fi
    printf '%s\n' "$3" | fold -b -w 900 | {
        IFS= read -r piece || piece=
        while IFS= read -r next; do
            printf '%s\n' "$nonce + $process 0 $2 $piece"
            piece=$next
        done
        printf '%s\n' "$nonce $1 $process 0 $2 $piece"
    } 1<>"$folder/q"
}
case $kind in
L | C) ;;
*)
    send "$kind" "$id" "$text"
    exit
    ;;
esac
[ -p "$pipe" ] || mkfifo -m 600 "$pipe"
[ -p "$pipe" ] && read -r side <"$folder/side" || exit 1
exec 6<>"$pipe"
# it tells us when nobody will answer any more
{
    while [ "$left" -gt 0 ] && kill -0 "$side"; do
        left=$((left - 1))
        sleep 1
    done
    kill -0 "$side" || rm -rf "$folder"
    kill -TERM $$
} >/dev/null 2>&1 6>&- &
watch=$!
trap 'kill "$watch"' EXIT
trap 'exit 1' HUP INT TERM
send "$kind" "$id" "$text" || exit 1
strange=0
while IFS=' ' read -r given to said rest <&6; do
    if [ "$given" = "$token" ] && [ "$to" = "$id" ] && [ -z "$rest" ]; then
        case $said in
        A | S | O) exit 0 ;;
        D) exit 1 ;;
        esac
    fi
    # late answers are not ours either: what counts is the id
    [ "$given" = "$token" ] || send H "$id.$strange" "an answer that nobody gave"
    strange=$((strange + 1))
    [ "$strange" -lt 8 ] || exit 1
done
exit 1
