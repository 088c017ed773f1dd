"""`python -m agentledger`, the same as the installed command."""

import sys

from agentledger.cli import main

if __name__ == "__main__":
    sys.exit(main())
