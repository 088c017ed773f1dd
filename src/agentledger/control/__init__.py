"""The control branch, where the manager's word is kept: read, append, unite two copies, and its history.

Belongs here: one branch and its files, without a work tree. Does not: what the documents in it say (`ledger`), or
talking to a remote (`workflow.manage`).
"""
