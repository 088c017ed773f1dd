"""agentledger's own files: the cache, files written whole or not at all, what ships with the code, settings.

Belongs here: how such a file is found, read and written. Does not: what is in it, or the ledger's documents
(see `ledger`).
"""
