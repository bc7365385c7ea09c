function __imgver_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    set -l candidates (IMGVER_COMPLETE=fish command imgver -- $words 2>/dev/null)
    if set -q candidates[1]
        printf '%s\n' $candidates
    else
        __fish_complete_path $words[-1]
    end
end
complete --command imgver --no-files --keep-order --arguments '(__imgver_complete)'
