"""delay: echoes, in ms or in notes."""

from rig import native

ENGINE = native.engine("delay")
