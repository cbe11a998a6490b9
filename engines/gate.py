"""gate: silence between the notes."""

from rig import native

ENGINE = native.engine("gate")
