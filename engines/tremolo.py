"""tremolo: comes and goes, or from side to side."""

from rig import native

ENGINE = native.engine("tremolo")
