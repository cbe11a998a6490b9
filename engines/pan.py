"""pan: where it stands between left and right, and how wide it is."""

from rig import native

ENGINE = native.engine("pan")
