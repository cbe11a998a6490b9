"""dc: takes away what is constant."""

from rig import native

ENGINE = native.engine("dc")
