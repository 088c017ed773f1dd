"""What an agent hands over, the packet and the check-in that says ready; and the prompt that an agent gets.

Belongs here: the commands `agentledger packet`, `agentledger done` and `agentledger prompt`. Does
not: the decision on the work (see `workflow.manage`).
"""
