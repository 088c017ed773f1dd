"""From work to ready: the packet, the text for a pull request, `done`, and prompts.

Belongs here: what an agent hands over, and what is handed to one. Does not: the decision on it (`workflow.manage`).
"""
