"""What `agentledger` and `python -m agentledger` start.

Belongs here: where it does not run at all, to say so before an import fails. Does not: anything else (see `cli`).
"""

from __future__ import annotations

import sys

from agentledger.storage import platform


def main() -> int:
    """Run the command of this process's arguments, and return its exit code; 2 on a system it does not run on."""
    if not platform.is_supported():
        sys.stderr.write(f"agentledger: {platform.UNSUPPORTED}\n")
        return 2
    from agentledger import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
