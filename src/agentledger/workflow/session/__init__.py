"""What the other workflow packages share: an agent's and a manager's context, a ledger-only commit, the editor.

Belongs here: what several commands need before or while they write. Does not: a command itself.
"""
