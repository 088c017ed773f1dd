"""What an agent hands over, the packet and the check-in that says ready; and the prompt that an agent gets.

Belongs here: what `agentledger packet`, `done` and `prompt` do. Does not: the decision on it (see
`workflow.manage`).
"""
