"""What tests start ends when they do; see rig/jack/leash.py."""

from rig.jack.leash import leashed, tie

__all__ = ["leashed", "tie"]
