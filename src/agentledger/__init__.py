"""agentledger: a ledger of your agent fleet, kept in git.

Only the version lives here; import the module that holds what you need.
"""

__version__ = "0.1.0"
