"""chorus: copies that waver."""

from rig import native

ENGINE = native.engine("chorus")
