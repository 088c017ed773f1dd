# Somebody else's core.hooksPath is overlaid in this worktree. It is looked up at every run, so it stays theirs to change.
ledger_shared=$(git config --show-scope --type=path --get-all core.hooksPath 2>/dev/null |
    while read -r ledger_scope ledger_value; do
        case $ledger_scope in system | global | local) printf '%s\n' "$ledger_value" ;; esac
    done)
ledger_shared=${ledger_shared##*
}
ledger_before=${ledger_shared:-$ledger_here/../hooks}/$ledger_name
ledger_branches=$ledger_here/branches
