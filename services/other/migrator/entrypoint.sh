#!/bin/sh
# Runs migrate with this image's migrations: entrypoint.sh COMMAND [ARGUMENT...]
set -eu

if [ -z "${DATABASE_URL:-}" ]; then
    echo 'error: DATABASE_URL is not set' >&2
    exit 2
fi

# Without the URL, which contains a password.
printf '%s\n' "migrator ${VERSION:-0.0.0}: migrate $*"

# exec, so that migrate receives signals and its exit code becomes that of this script.
exec migrate -path /migrations -database "$DATABASE_URL" "$@"
