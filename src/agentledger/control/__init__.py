"""The control branch, which has the manager's documents: reading it, adding to it, uniting two copies of it.

Belongs here: one branch and its files, without a work tree. Does not: what the documents in it say (see
`ledger`), or talking to a remote (see `workflow.manage`).
"""
