#!/bin/sh
# agentledger has nothing to say at this event; this hands on to the hook that would run without it.
# `agentledger init --uninstall` takes it away again.
ledger_here=${0%/*}
ledger_name=${0##*/}
@BEFORE@
[ ! -f "$ledger_before" ] || [ ! -x "$ledger_before" ] || exec "$ledger_before" "$@"
