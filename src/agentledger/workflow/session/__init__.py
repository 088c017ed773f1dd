"""What both sides begin with: the manager's and the agent's context, a ledger-only commit, the editor.

Belongs here: what several steps of the loop share. Does not: a step.
"""
