"""comp: soft notes and loud ones nearer to each other."""

from rig import native

ENGINE = native.engine("comp")
