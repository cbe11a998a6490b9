"""wah: a resonance that a pedal or playing moves."""

from rig import native

ENGINE = native.engine("wah")
