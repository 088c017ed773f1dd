"""Where the checkout is that the tests run in.

Belongs here: that one path. Does not: what is below it.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
