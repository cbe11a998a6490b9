"""model: a neural model of an amp or a pedal, from a model file of any kind."""

from __future__ import annotations

import numpy as np

from rig import native
from rig.engine import Payload
from rig.errors import RigError
from rig.models import program, sequence
from rig.models.formats import Model
from rig.models.formats.network import RecurrentNet
from rig.models.formats.reading import Fault
from rig.models.library import SETTINGS, loader

FEEDFORWARD, RECURRENT = 0, 1  # in the order of csrc/network/net.h
KNOBS = ("drive", "knob2", "knob3", "knob4")


def payload(model: Model, stretch: int = 1, times: int = 1) -> Payload:
    """A model as csrc/engines/model.c takes it, to run at `stretch` times its own rate, in there at `times` times that.

    Raises RigError for more knobs than the engine has, and for weights that cannot be played.
    """
    if len(model.knobs) > len(KNOBS):
        raise RigError(f"{model.path}: it has {len(model.knobs)} knobs; models with up to {len(KNOBS)} play")
    recurrent = isinstance(model.network, RecurrentNet)
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # what is no number then is refused
            net = (sequence if recurrent else program).compile(model.network, stretch * times)
    except Fault as fault:
        raise RigError(f"{model.path}: {fault}") from None
    idle = KNOBS[len(model.knobs) :] + (() if model.knobs else ("compensation",))
    kind = RECURRENT if recurrent else FEEDFORWARD
    return Payload(net.arrays, (kind, times, *net.ints), model.level, idle=idle, about=model.name)


ENGINE = native.engine(
    "model",
    files=("model",),
    load=loader(payload),
    settings=SETTINGS,
    pack=payload,
    aliases=("wavenet", "lstm"),  # what presets named before one engine played them all
)
