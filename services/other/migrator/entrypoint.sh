#!/bin/sh
# Runs migrate with this image's migrations: entrypoint.sh COMMAND [ARGUMENT...]
set -eu

# Without the URL, which contains a password.
invalid() {
    echo "error: DATABASE_URL $1 postgres://user:password@host:5432/database" >&2
    exit 2
}

case ${DATABASE_URL:-} in
    '') invalid 'is not set: expected' ;;
    # migrate would print a URL with a stray percent sign.
    *% | *%? | *%[!0-9A-Fa-f]* | *%[0-9A-Fa-f][!0-9A-Fa-f]*) invalid 'does not have the form' ;;
    # migrate would report another scheme as an unknown driver.
    postgres://* | postgresql://*) ;;
    *) invalid 'does not have the form' ;;
esac

printf '%s\n' "migrator ${VERSION:-0.0.0}: migrate $*"

# exec, so that migrate receives signals and its exit code becomes that of this script.
exec migrate -path /migrations -database "$DATABASE_URL" "$@"
