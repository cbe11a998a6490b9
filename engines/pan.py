"""pan: from left to right, and how wide."""

from rig import native

ENGINE = native.engine("pan")
