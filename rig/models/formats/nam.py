"""Neural Amp Modeler's `.nam` files: WaveNet (A1, A2), LSTM, ConvNet, Linear, and several of them in one container.

{version, architecture, config, weights: a flat list, sample_rate, metadata}. Files without a sample rate are older than
that key and were trained at 48 kHz. Source of every layout: the exporter of the package neural-amp-modeler.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from rig.models.formats import compatibility
from rig.models.formats.activations import torch_activation
from rig.models.formats.flat import Flat, Room
from rig.models.formats.fold import fold
from rig.models.formats.model import Family, Model, Variant
from rig.models.formats.nam_slim import slimmed
from rig.models.formats.nam_wavenet import outputs, read_wavenet
from rig.models.formats.network import Activation, Conv, ConvNet, Lstm, Network, RecurrentNet
from rig.models.formats.reading import (
    CHANNELS,
    LAYERS,
    RECEPTIVE_FIELD,
    Fault,
    check_sizes,
    choice,
    decibels,
    flag,
    integer,
    knobs,
    listing,
    metadata,
    number,
    optional,
    required,
    sample_rate,
    short,
    table,
    title,
)

Number = TypeVar("Number", int, float)
KEYS = ("architecture", "config", "weights")
SUBMODELS = 16
NESTED = 2
"""How deep containers may lie in each other."""


@dataclass(frozen=True)
class _Place:
    """Where a model lies: its file, the room that the file has left, and in how many containers."""

    path: Path
    room: Room
    depth: int = 0


def parse(file: Mapping[str, object], path: Path) -> Model:
    """The content of a model file. Raises Fault."""
    return _model(file, _Place(path, Room()))


def _model(file: Mapping[str, object], place: _Place) -> Model:
    said = required(file, "architecture")
    if isinstance(said, str) and said not in READERS and said.startswith(PARAMETRIC):
        raise Fault(f"a {short(said)[1:-1]}, whose knobs change the network; {WITHOUT_KNOBS}")
    architecture = choice(said, "architecture", (*READERS, *UNKNOWN))
    if architecture in UNKNOWN:
        raise Fault(UNKNOWN[architecture])
    config = table(required(file, "config"), "config")
    model = READERS[architecture](file, config, place)
    told = metadata(file.get("metadata"))
    rate = sample_rate(file.get("sample_rate"))
    found = replace(
        model,
        name=title(told.get("name"), place.path),
        sample_rate=model.sample_rate if rate is None else rate,
        loudness_db=_either(decibels(told.get("loudness")), model.loudness_db),
        input_dbu=_either(decibels(told.get("input_level_dbu")), model.input_dbu),
        output_dbu=_either(decibels(told.get("output_level_dbu")), model.output_dbu),
        metadata={**told, **({"version": file["version"]} if "version" in file else {})},
    )
    # Slimmed networks know nothing of their own: what the file says holds for them all. The best speaks for the file.
    variants = tuple(_inherit(variant, found) for variant in found.variants)
    if not variants:
        return found
    full = variants[-1].model
    return replace(
        found,
        sample_rate=full.sample_rate,
        loudness_db=full.loudness_db,
        input_dbu=full.input_dbu,
        output_dbu=full.output_dbu,
        variants=variants,
    )


def _single(place: _Place, architecture: str, network: Network, weights: int) -> Model:
    """A model that holds one network; `_model` adds what the file says of it."""
    return Model(
        path=place.path,
        name=place.path.stem,
        family=FAMILY,
        architecture=architecture,
        network=network,
        knobs=knobs(network.inputs),
        weights=weights,
    )


def _wavenet(file: Mapping[str, object], config: Mapping[str, object], place: _Place) -> Model:
    network, count = read_wavenet(file, place.room)
    if outputs(network) != 1:
        raise Fault(f"a model with {outputs(network)} outputs; rig plays one")
    variants = tuple(
        Variant(limit, _single(place, "WaveNet", slim, count)) for limit, slim in slimmed(network, config, place.room)
    )
    full = variants[-1].model.network if variants else network
    return replace(_single(place, "WaveNet", full, count), variants=variants)


def _lstm(file: Mapping[str, object], config: Mapping[str, object], place: _Place) -> Model:
    """For each layer (4H, in + H) by rows, gates i f c o; bias; the states it starts from. Then a dense head."""
    ins = integer(required(config, "input_size"), "input_size", 1, 16)
    size = integer(required(config, "hidden_size"), "hidden_size", 1, CHANNELS)
    count = integer(required(config, "num_layers"), "num_layers", 1, LAYERS)
    flat = Flat(required(file, "weights"), place.room)
    layers: list[Lstm | tuple[Conv, Activation]] = []
    for i in range(count):
        width = size if i else ins
        both = flat.take(4 * size, width + size).T
        layers.append(
            Lstm(
                kernel=np.ascontiguousarray(both[:width]),
                recurrent=np.ascontiguousarray(both[width:]),
                bias=flat.take(4 * size),
                hidden=flat.take(size),
                cell=flat.take(size),
            )
        )
    layers.append((flat.conv(size, 1), Activation("linear")))
    return _single(place, "LSTM", RecurrentNet(tuple(layers)), flat.finish())


def _convnet(file: Mapping[str, object], config: Mapping[str, object], place: _Place) -> Model:
    """Convolutions of two taps, each with its bias or else its batch normalisation; a 1x1 head."""
    channels = integer(required(config, "channels"), "channels", 1, CHANNELS)
    dilations = listing(required(config, "dilations"), "dilations")
    if not 1 <= len(dilations) <= LAYERS:
        raise Fault(f"dilations lists {len(dilations)} layers; 1 to {LAYERS} are possible")
    normalised = flag(optional(config, "batchnorm", False), "batchnorm")
    groups = integer(optional(config, "groups", 1), "groups", 1, CHANNELS)
    activation = torch_activation(required(config, "activation"), channels, "a layer")
    flat = Flat(required(file, "weights"), place.room)
    convs, norms = [], []
    for i, value in enumerate(dilations):
        dilation = integer(value, f"dilations, layer {i + 1}", 1, RECEPTIVE_FIELD)
        ins = channels if i else 1
        convs.append(flat.conv(ins, channels, 2, dilation, bias=not normalised, groups=groups, what=f"layer {i + 1}"))
        if normalised:  # mean, variance, scale, shift; epsilon
            norms.append((flat.take(4, channels), float(flat.take(1)[0])))
    head = flat.conv(channels, 1)
    count = flat.finish()
    for i, ((mean, variance, scale, shift), epsilon) in enumerate(norms):
        convs[i] = fold(convs[i], scale, shift, mean, variance, epsilon, f"layer {i + 1}")
    network = ConvNet(tuple((conv, activation) for conv in convs), head)
    check_sizes(channels, network.receptive_field, count)
    return _single(place, "ConvNet", network, count)


def _linear(file: Mapping[str, object], config: Mapping[str, object], place: _Place) -> Model:
    """An FIR, its oldest tap first."""
    taps = integer(required(config, "receptive_field"), "receptive_field", 1, RECEPTIVE_FIELD)
    bias = flag(optional(config, "bias", False), "bias")
    flat = Flat(required(file, "weights"), place.room)
    network = ConvNet((), flat.conv(1, 1, taps, bias=bias))
    return _single(place, "Linear", network, flat.finish())


def _container(file: Mapping[str, object], config: Mapping[str, object], place: _Place) -> Model:
    """submodels: [{max_value, model}], each for the qualities below its max_value, the last one for all above."""
    if place.depth == NESTED:
        raise Fault(f"containers more than {NESTED} deep in each other")
    listed = listing(required(config, "submodels"), "submodels")
    if not 1 <= len(listed) <= SUBMODELS:
        raise Fault(f"submodels lists {len(listed)} models; 1 to {SUBMODELS} are possible")
    variants: list[Variant] = []
    for i, value in enumerate(listed):
        where = f"submodel {i + 1}"
        entry = table(value, where)
        limit = number(required(entry, "max_value", where), f"{where}: max_value")
        if variants and limit <= variants[-1].limit:
            raise Fault(f"{where}: max_value is {limit:g}, but must rise from one submodel to the next")
        try:
            model = _model(table(required(entry, "model"), "model"), _Place(place.path, place.room, place.depth + 1))
        except Fault as fault:
            raise Fault(f"{where}: {fault}") from None
        variants.append(Variant(limit, model))
    if len({variant.model.network.inputs for variant in variants}) > 1:
        raise Fault("its submodels have different numbers of inputs")
    full = variants[-1].model
    return replace(full, architecture="SlimmableContainer", variants=tuple(variants))


def _inherit(variant: Variant, file: Model) -> Variant:
    """A variant with what only the whole file says."""
    model = variant.model
    return Variant(
        variant.limit,
        replace(
            model,
            name=file.name if model.name == file.path.stem else model.name,
            sample_rate=_either(model.sample_rate, file.sample_rate),
            loudness_db=_either(model.loudness_db, file.loudness_db),
            input_dbu=_either(model.input_dbu, file.input_dbu),
            output_dbu=_either(model.output_dbu, file.output_dbu),
            metadata=model.metadata or file.metadata,
        ),
    )


def _either(value: Number | None, otherwise: Number | None) -> Number | None:
    return otherwise if value is None else value


READERS: Mapping[str, Callable[..., Model]] = {
    "WaveNet": _wavenet,
    "LSTM": _lstm,
    "ConvNet": _convnet,
    "Linear": _linear,
    "SlimmableContainer": _container,
}
PARAMETRIC = ("Hyper", "Cat", "Parametric")
"""What the names of models with knobs begin with, which neural-amp-modeler trains."""

WITHOUT_KNOBS = "no player reads these: train a model without knobs for each setting, which is a WaveNet or an LSTM"
UNKNOWN = {
    "Sequential": "a Sequential: several models in a row, which no player reads from one file; export each of its own",
    "PackedWaveNet": "a PackedWaveNet as it is trained; export it as a container of its submodels",
}


FAMILY = Family("nam", "Neural Amp Modeler", KEYS, parse, rate=48_000, players=compatibility.nam)
