"""What a reviewer decides from, as a value, as text for a terminal and as JSON.

Belongs here: which facts of a branch a reviewer is shown, and in which order. Does not: reading them (see
`workflow.review`), the diff itself, or what a reviewing agent is told (see `reports.prompt.review`).
"""
