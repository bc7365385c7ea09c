#!/bin/sh
# All tests of the migrator. They need neither migrate nor a database.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
service=$(dirname "$here")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

failed=0

pass() { echo "ok    $1"; }

fail() {
    echo "FAIL  $1"
    failed=1
}

# same NAME WANTED GOT
same() {
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        fail "$1"
        printf '  wanted: %s\n  got:    %s\n' "$2" "$3"
    fi
}

# --- The migrations -------------------------------------------------------------------------------------------------

if "$here/check-migrations.sh" "$service/migrations"; then
    pass 'the migrations are in order'
else
    fail 'the migrations are in order'
fi

# --- The check itself: each change to a good directory must be noticed ----------------------------------------------

# good DIRECTORY: what the check must accept
good() {
    mkdir "$1"
    for name in 000001_one 000002_two 000003_three; do
        echo 'SELECT 1;' >"$1/$name.up.sql"
        echo 'SELECT 1;' >"$1/$name.down.sql"
    done
}

good "$scratch/good"
same 'check: a good directory' '' "$("$here/check-migrations.sh" "$scratch/good" 2>&1)"

# notices NAME MESSAGE COMMAND...: the command, run in a good directory, makes the check fail with the message
notices() {
    name=$1
    message=$2
    shift 2
    rm -rf "$scratch/bad"
    good "$scratch/bad"
    (cd "$scratch/bad" && "$@")
    if output=$("$here/check-migrations.sh" "$scratch/bad" 2>&1); then
        fail "check: $name: accepted"
    else
        same "check: $name" "$message" "$output"
    fi
}

blank() { printf '%s\n' "$2" >"$1"; }

notices 'no down' '000002_two.up.sql: 000002_two.down.sql is missing' rm 000002_two.down.sql
notices 'no up' "000003_three.down.sql: 000003_three.up.sql is missing" rm 000003_three.up.sql
notices 'other name for down' "000002_2.down.sql: 000002_2.up.sql is missing
000002_two.up.sql: 000002_two.down.sql is missing" mv 000002_two.down.sql 000002_2.down.sql
notices 'gap' '000003_three.up.sql: number 000002 was expected' rm 000002_two.up.sql 000002_two.down.sql
notices 'not from 1' '000002_two.up.sql: number 000001 was expected' rm 000001_one.up.sql 000001_one.down.sql
notices 'number twice' '000001_uno.up.sql: number 000002 was expected' \
    sh -c 'cp 000001_one.up.sql 000001_uno.up.sql; cp 000001_one.up.sql 000001_uno.down.sql'
notices 'empty' '000002_two.up.sql: empty' blank 000002_two.up.sql ''
notices 'blanks only' '000002_two.down.sql: empty' blank 000002_two.down.sql '  '
notices 'comments only' '000002_two.up.sql: empty' blank 000002_two.up.sql ' -- nothing yet'
notices 'other name' 'notes.txt: not named NNNNNN_what_it_does.up.sql or .down.sql' blank notes.txt text
notices 'short number' '4_four.up.sql: not named NNNNNN_what_it_does.up.sql or .down.sql' blank 4_four.up.sql text
notices 'directory' 'old: not a file' mkdir old
notices 'nothing at all' "*: not a file
$scratch/bad: no migrations" sh -c 'rm ./*'

# --- The entrypoint, with a migrate that records how it was called --------------------------------------------------

mkdir "$scratch/bin"
cat >"$scratch/bin/migrate" <<'EOF'
#!/bin/sh
echo $$ >"$MARK"
printf '<%s>' "$@" >"$ARGUMENTS"
exit 7
EOF
chmod +x "$scratch/bin/migrate"

export PATH="$scratch/bin:$PATH" ARGUMENTS="$scratch/arguments" MARK="$scratch/mark"
# shellcheck disable=SC2016 # the text is meant literally
url='postgres://demo:s3cr%20et@db/demo?sslmode=disable&x=$HOME *'

# entrypoint ARGUMENT...: sets the process ID, exit code, stdout and stderr of the entrypoint, and the arguments and
# process ID (called) of migrate
entrypoint() {
    rm -f "$ARGUMENTS" "$MARK"
    code=0
    "$service/entrypoint.sh" "$@" >"$scratch/stdout" 2>"$scratch/stderr" &
    process=$!
    wait "$process" || code=$?
    stdout=$(cat "$scratch/stdout")
    stderr=$(cat "$scratch/stderr")
    arguments=$(cat "$ARGUMENTS" 2>/dev/null || :)
    called=$(cat "$MARK" 2>/dev/null || echo 'not called')
}

export DATABASE_URL="$url" VERSION=1.2.3
entrypoint up
same 'entrypoint: arguments' "<-path></migrations><-database><$url><up>" "$arguments"
same "entrypoint: migrate's exit code" 7 "$code"
same 'entrypoint: migrate replaces it' "$process" "$called"
same 'entrypoint: one line, without the URL' 'migrator 1.2.3: migrate up' "$stdout"
same 'entrypoint: nothing on standard error' '' "$stderr"

entrypoint down 'two  words' '' '*'
same 'entrypoint: arguments are unchanged' "<-path></migrations><-database><$url><down><two  words><><*>" "$arguments"

unset VERSION
entrypoint up
same 'entrypoint: no version' 'migrator 0.0.0: migrate up' "$stdout"

form='postgres://user:password@host:5432/database'

# rejects NAME MESSAGE: the entrypoint, with the DATABASE_URL that is set, exits with 2 and does not start migrate
rejects() {
    entrypoint up
    same "entrypoint: URL $1: exit code" 2 "$code"
    same "entrypoint: URL $1: standard output" '' "$stdout"
    same "entrypoint: URL $1: standard error" "error: DATABASE_URL $2 $form" "$stderr"
    same "entrypoint: URL $1: migrate" 'not called' "$called"
}

unset DATABASE_URL
rejects unset 'is not set: expected'
for url in '' secret db:5432/secret mysql://demo:secret@db/demo postgres:secret 'postgres://demo:100%secret@db/demo' \
    'postgres://demo:secret%zz@db/demo' 'postgres://db/demo%' 'postgres://db/demo%2'; do
    export DATABASE_URL="$url"
    case $url in
        '') rejects empty 'is not set: expected' ;;
        *) rejects "$url" 'does not have the form' ;;
    esac
done

for url in 'postgresql:///demo?host=/run/postgresql' 'postgres://demo:%2f%25@db/demo'; do
    export DATABASE_URL="$url"
    entrypoint up
    same "entrypoint: URL $url" "<-path></migrations><-database><$url><up>" "$arguments"
done

if [ "$failed" -ne 0 ]; then
    echo 'some tests failed'
    exit 1
fi
echo 'all tests passed'
