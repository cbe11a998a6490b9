"""rig: a live rig for guitarists in the terminal."""

__version__ = "0.1.0"
