# The core.hooksPath of this worktree hides the shared one, and the usual folder. Both are looked up at every run, so
# that they stay theirs to change; and with them the hook that would run without us.
ledger_within=worktree ledger_shared=
while read -r ledger_scope ledger_value; do
    case $ledger_scope in system | global | local) ledger_shared=$ledger_value ;; esac
done <<SETTINGS
$(git config --show-scope --type=path --get-all core.hooksPath 2>/dev/null)
SETTINGS
[ "$ledger_shared" != "$ledger_here" ] || ledger_shared=
ledger_folder=${ledger_shared:-$ledger_here/../hooks}
ledger_before=$ledger_folder/$ledger_name
# prek writes its hooks where git looks, so also here, and then refuses to be started by one that it started.
unset PREK_RUNNING_LEGACY PRE_COMMIT_RUNNING_LEGACY
ledger_branches=$ledger_here/branches
# Of our own hook there, which would judge the same once more, only the one that it keeps.
ledger_line=
{ { read -r ledger_line && read -r ledger_line; } <"$ledger_before"; } 2>/dev/null
case $ledger_line in "# agentledger's $ledger_name hook: "*) ledger_before=$ledger_folder.before-agentledger/$ledger_name ;; esac
