"""volume: for a pedal: from silence up."""

from rig import native

ENGINE = native.engine("volume")
