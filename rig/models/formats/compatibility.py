"""Which other players load a model file: what is known of their loaders, and no more.

WaveNetVA, SmartGuitarAmp and SmartGuitarPedal read one file format; the level is SmartGuitarAmp's, the drive knob
SmartGuitarPedal's. Neural Amp Modeler's plug-in reads its first architecture (A1), LSTM, ConvNet and Linear since it is
there, what came with A2 since 2026; guitarix reads the former and, by RTNeural, AIDA-X files.
"""

from __future__ import annotations

import re

from rig.models.formats.model import Model
from rig.models.formats.network import LayerArray, RecurrentNet, WaveNet

A1 = (0, 5)
"""The last version of files that hold nothing but what A1 has."""


def guitarml(model: Model) -> tuple[str, ...]:
    """The names of players that load a file; none: rig only."""
    if model.knobs:
        return ("SmartGuitarPedal",) if len(model.knobs) == 1 else ()
    return ("SmartGuitarAmp",) if model.level != 1.0 else ("WaveNetVA", "SmartGuitarAmp", "SmartGuitarPedal")


def nam(model: Model) -> tuple[str, ...]:
    """No knobs are loaded anywhere; what A1 lacks takes a newer plug-in, and guitarix knows the usual layers only."""
    if model.knobs:
        return ()
    old = _version(model) <= A1 and not model.variants
    network = model.network
    if old and isinstance(network, WaveNet):
        old = not network.condition and not network.post and all(map(_is_a1, network.arrays))
    if not old:
        return ("Neural Amp Modeler of 2026 or newer (A2)",)
    usual = isinstance(network, RecurrentNet) or (isinstance(network, WaveNet) and all(map(_is_usual, network.arrays)))
    return ("Neural Amp Modeler", "guitarix") if usual else ("Neural Amp Modeler",)


def keras(model: Model) -> tuple[str, ...]:
    """Players play a recurrent layer and a dense one; RTNeural itself could do more."""
    network = model.network
    assert isinstance(network, RecurrentNet)
    recurrent = [not isinstance(stage, tuple) for stage in network.layers]
    if recurrent != [True, False] or model.knobs:
        return ()
    return ("AIDA-X", "guitarix")


def proteus(model: Model) -> tuple[str, ...]:
    """Proteus itself has one LSTM and at most one knob."""
    network = model.network
    assert isinstance(network, RecurrentNet)
    return ("Proteus",) if model.architecture == "LSTM" and len(network.layers) == 2 and len(model.knobs) <= 1 else ()


def smartamppro(model: Model) -> tuple[str, ...]:
    """Its LSTM takes one step for each sample, whatever the file says."""
    network = model.network
    assert isinstance(network, WaveNet)
    return ("SmartAmpPro",) if len(network.arrays[0].layers) == 2 else ()


def _version(model: Model) -> tuple[int, int]:
    """Major and minor; files that say none are old."""
    found = re.match(r"(\d{1,6})\.(\d{1,6})", str(model.metadata.get("version", "0.0")))
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _is_usual(array: LayerArray) -> bool:
    """As its trainer makes them. Some players have only seen these."""
    return all(layer.gate is None and layer.activation.kind == "tanh" for layer in array.layers)


def _is_a1(array: LayerArray) -> bool:
    """One kernel size, one activation, nothing beside convolution, mix-in and 1x1."""
    layers = array.layers
    same = {(layer.conv.taps, layer.activation.kind, bool(layer.gate)) for layer in layers}
    plain = all(not (layer.films or layer.head or layer.blended) and layer.onward for layer in layers)
    gates = all(layer.gate is None or layer.gate.kind == "sigmoid" for layer in layers)
    wide = {layer.conv.outs // 2 if layer.gate else layer.conv.outs for layer in layers}
    return len(same) == 1 and plain and gates and wide == {array.entry.outs} and array.head.taps == 1
