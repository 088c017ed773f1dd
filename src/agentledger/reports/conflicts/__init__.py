"""What `agentledger conflicts` prints, as text and as JSON. Begin at `conflicts_text`."""
