"""insert: another JACK application inside the chain."""

from rig import native

ENGINE = native.engine("insert", ports=True)
