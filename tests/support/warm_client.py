"""A program of ours as a fork of the server: `python -IS warm_client.py ADDRESS MODULE ARGUMENTS`.

Belongs here: handing over what git or a shell gave, and ending as the fork does. Imports next to nothing, since it is
started for each hook and each command.
"""

from __future__ import annotations

import _socket
import os
import sys


def main(address: str, module: str, *arguments: str) -> int:
    """Ask the server at this address to run the module in our place; its exit code."""
    asked = _socket.socket(_socket.AF_UNIX)
    asked.connect(address)
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
    asked.sendmsg([b"x"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    words = [module.encode(), b"", os.getcwdb(), b"%d" % len(arguments)]  # noqa: PTH109 - pathlib takes long to import
    words += [os.fsencode(argument) for argument in arguments]
    words += [b"%s=%s" % entry for entry in os.environb.items()]
    asked.sendall(b"\0".join(words))
    asked.shutdown(_socket.SHUT_WR)
    told = asked.recv(4)
    return int.from_bytes(told, sys.byteorder, signed=True) % 256 if told else 70


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
