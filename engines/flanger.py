"""flanger: a comb that sweeps through the sound."""

from rig import native

ENGINE = native.engine("flanger")
