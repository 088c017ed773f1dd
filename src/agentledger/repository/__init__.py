"""What a repository looks like from outside: refs, worktrees, base, remote, and which branches are agents'.

Belongs here: what is known without reading a document. Does not: documents (see `ledger`), or what a branch
changed (see `changes`).
"""
