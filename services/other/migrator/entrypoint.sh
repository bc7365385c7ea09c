#!/bin/sh
# Runs migrate with the migrations of this image: entrypoint.sh COMMAND [ARGUMENT...]
set -eu

if [ -z "${DATABASE_URL:-}" ]; then
    echo 'error: DATABASE_URL is not set' >&2
    exit 2
fi

# Without the URL, which holds a password.
printf '%s\n' "migrator ${VERSION:-0.0.0}: migrate $*"

# exec, so that signals reach migrate and its exit code is this script's.
exec migrate -path /migrations -database "$DATABASE_URL" "$@"
