ledger_within=
ledger_before=$ledger_here/$ledger_name.before-agentledger
ledger_branches=$ledger_here/../agentledger-hooks/branches
