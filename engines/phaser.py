"""phaser: notches that go up and down."""

from rig import native

ENGINE = native.engine("phaser")
