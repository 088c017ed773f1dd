ledger_within=
ledger_before=$ledger_here.before-agentledger/$ledger_name
ledger_branches=$ledger_here/../agentledger-hooks/branches
