"""peq: five bands and two cuts, each where you want it."""

from rig import native

ENGINE = native.engine("peq")
