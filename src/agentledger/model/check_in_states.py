"""The words that a check-in has for its state.

Belongs here: them alone. Does not: what follows from them (see `attention.progress`). The command line imports
this module at its start, so it imports nothing.
"""

from __future__ import annotations

STATES = ("working", "needs-input", "blocked", "ready")
#: Those that ask the manager for something.
ASKING_STATES = ("needs-input", "blocked")
