_imgver() {
    COMPREPLY=()
    local value
    while IFS= read -r value; do
        COMPREPLY+=("${value%%$'\t'*}")
        # What follows a colon is still to be typed.
        [[ $value != *:$'\t'* ]] || compopt -o nospace 2>/dev/null
    done < <(IMGVER_COMPLETE=bash command imgver -- "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
}
# Where imgver has nothing to say, bash completes names of files.
complete -o bashdefault -o default -F _imgver imgver
