"""wavenet: a neural model of an amp or a pedal, from a model file."""

from __future__ import annotations

from rig import native
from rig.engine import Payload
from rig.errors import RigError
from rig.models import program
from rig.models.formats import Model
from rig.models.library import SETTINGS, loader

KNOBS = ("drive", "knob2", "knob3", "knob4")


def payload(model: Model, stretch: int = 1) -> Payload:
    """A feed-forward model as csrc/network/program.h lays it out, to run at `stretch` times its own rate.

    Raises RigError for more knobs than the engine has.
    """
    if len(model.knobs) > len(KNOBS):
        raise RigError(f"{model.path}: it has {len(model.knobs)} knobs; models with up to {len(KNOBS)} play")
    steps = program.compile(model.network, stretch)
    idle = KNOBS[len(model.knobs) :] + (() if model.knobs else ("compensation",))
    return Payload(steps.arrays, steps.ints, model.level, idle=idle, about=model.name)


ENGINE = native.engine("wavenet", files=("model",), load=loader("wavenet", payload), settings=SETTINGS, pack=payload)
