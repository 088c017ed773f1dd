"""Connect git's hooks, and `agentledger check`, with the rules: what a hook is given, and what it answers.

Belongs here: the hook's surroundings, reading just what one branch needs, exit codes. Does not: rules (see
`rules`), or reading a whole fleet (see `fleet`). Nothing that a commit needs imports a third-party package.
"""
