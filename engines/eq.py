"""eq: bass, mid, treble, presence."""

from rig import native

ENGINE = native.engine("eq")
