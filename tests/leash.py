"""What tests start ends when they do; see rig/leash.py."""

from rig.leash import leashed, tie

__all__ = ["leashed", "tie"]
