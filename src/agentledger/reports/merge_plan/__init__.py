"""What `agentledger merge-plan` prints: text, JSON, and a forge's commands. Begin at `merge_plan_text`."""
