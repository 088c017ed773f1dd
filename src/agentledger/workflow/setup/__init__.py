"""Sets a repository up for agentledger, undoes that, and finds out by trying which gates are on.

Belongs here: what `agentledger init`, `init --uninstall` and `doctor` do. Does not: the hooks' files (see
`setup.hooks`), or what a gate finds (see `gates`).
"""
