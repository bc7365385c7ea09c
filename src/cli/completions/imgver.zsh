#compdef imgver
_imgver() {
    local line value meaning tab=$'\t'
    local -a lines candidates unfinished
    lines=("${(@f)$(IMGVER_COMPLETE=zsh command imgver -- "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    for line in "${lines[@]}"; do
        value=${line%%$tab*} meaning=${line#*$tab}
        # What follows a colon is still to be typed.
        [[ $value == *: ]] && unfinished=(-S '')
        [[ -n $value ]] && candidates+=("${value//:/\\:}${meaning:+:$meaning}")
    done
    if (( $#candidates )); then
        _describe -V imgver candidates "${unfinished[@]}"
    else
        _files
    fi
}
# Called as it stands in a folder of fpath; otherwise made known here.
if [[ $funcstack[1] == _imgver ]]; then
    _imgver "$@"
else
    compdef _imgver imgver
fi
