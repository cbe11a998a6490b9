"""gain: louder or softer. The module to copy: all that Python must know of an engine that reads no files."""

from rig import native

ENGINE = native.engine("gain")
