"""wah: a resonance that a pedal moves, or how one plays."""

from rig import native

ENGINE = native.engine("wah")
