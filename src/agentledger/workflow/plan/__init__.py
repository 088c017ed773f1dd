"""A task's brief: drafted from flags, a file or an editor, checked against the fleet, and written.

Belongs here: what `agentledger plan` does. Does not: handing the task out (see `workflow.spawn`).
"""
