#!/bin/sh
# Checks the files of one directory: check-migrations.sh DIRECTORY
# migrate silently ignores a file whose name it does not understand, and notices a gap only when it is too late.
set -eu
export LC_ALL=C

cd "$1"
failed=0

fail() {
    echo "$1" >&2
    failed=1
}

# A glob without a match expands to itself, which is not a file and so fails the first test below.
ups=0
expected=1
for file in *; do
    if [ ! -f "$file" ]; then
        fail "$file: not a file"
        continue
    fi

    case $file in
        [0-9][0-9][0-9][0-9][0-9][0-9]_?*.up.sql) other=${file%.up.sql}.down.sql ;;
        [0-9][0-9][0-9][0-9][0-9][0-9]_?*.down.sql) other=${file%.down.sql}.up.sql ;;
        *)
            fail "$file: not named NNNNNN_what_it_does.up.sql or .down.sql"
            continue
            ;;
    esac

    if [ ! -f "$other" ]; then
        fail "$file: $other is missing"
    fi

    # A file with only comments counts as empty.
    if ! sed 's/--.*//' "$file" | grep -q '[^[:space:]]'; then
        fail "$file: empty"
    fi

    case $file in
        *.up.sql)
            ups=$((ups + 1))
            number=$(printf '%06d' "$expected")
            case $file in
                "$number"_*) expected=$((expected + 1)) ;;
                *)
                    fail "$file: number $number was expected"
                    # shellcheck disable=SC2003
                    # One message for a gap, not one for each file after it. In $(( )) 000010 would be octal.
                    expected=$(($(expr "${file%%_*}" + 0) + 1))
                    ;;
            esac
            ;;
    esac
done

if [ "$ups" -eq 0 ]; then
    fail "$1: no migrations"
fi
exit "$failed"
