#!/bin/sh
# Makes the token of a client, for `model-lock serve --client-tokens`: a line `NAME TOKEN` in DIRECTORY/client-tokens,
# and the token alone in DIRECTORY/NAME.token, for the client. A name that is listed keeps its token.
set -eu

[ $# = 2 ] || { echo "usage: $0 NAME DIRECTORY" >&2; exit 64; }
name=$1 directory=$2
case $name in
    '' | *[!a-zA-Z0-9._@-]*) echo "$0: \"$name\": a name has letters, digits, ., _, @ and - only" >&2; exit 65 ;;
esac
umask 077
mkdir -p "$directory"
file=$directory/client-tokens
touch "$file"
if awk -v name="$name" '$1 == name { found = 1 } END { exit !found }' "$file"; then
    echo "$file lists $name already" >&2
    exit 0
fi
token=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
printf '%s\n' "$token" >"$directory/$name.token"
printf '%s %s\n' "$name" "$token" >>"$file"
echo "$file lists $name; its token is in $directory/$name.token" >&2
