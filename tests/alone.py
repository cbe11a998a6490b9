"""`python alone.py play ...`: rig as if there were no servers here but those it asks for; a test run has one all along."""

from __future__ import annotations

import sys

from rig.jack import library


def alone() -> None:
    """Look for no other servers from now on."""
    library.servers = lambda: ()
    library.pipewire = lambda name="": False


if __name__ == "__main__":
    from rig.cli import main

    alone()
    sys.exit(main())
