"""The recurrent engine against the networks' formulas in float64, and its instruction sets and blocks against each other."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from rig import native
from rig.engine import registry
from rig.engines.model import KNOBS, payload
from rig.errors import RigError
from rig.models.formats import Model, load_model
from rig.models.formats.network import ACTIVATIONS, Activation, Conv, Gru, Lstm, RecurrentNet
from rig.native import Chain, Unit

RATE = 2_000  # Hz; what a network computes does not depend on it, and half a second of silence is then soon heard


def sigmoid(x):
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def fasttanh(x):
    """Neural Amp Modeler's: https://github.com/sdatkinson/NeuralAmpModelerCore, NAM/activations.h."""
    a, squared = np.abs(x), x * x
    top = x * (2.45550750702956 + 2.45550750702956 * a + (0.893229853513558 + 0.821226666969744 * a) * squared)
    return top / (2.44506634652299 + (2.44506634652299 + squared) * np.abs(x + 0.814642734961073 * x * a))


def clip(x, low, high, low_slope, high_slope):
    return np.where(x < low, low + low_slope * (x - low), np.where(x > high, high + high_slope * (x - high), x))


SHAPES = {
    "linear": lambda x: x,
    "tanh": np.tanh,
    "fasttanh": fasttanh,
    "sigmoid": sigmoid,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "softsigmoid": lambda x: (1 + x / (1 + np.abs(x))) / 2,
    "silu": lambda x: x * sigmoid(x),
    "hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "elu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
    "clip": clip,
}


def lstm64(layer: Lstm, x: np.ndarray) -> np.ndarray:
    h, c = layer.hidden.astype(np.float64), layer.cell.astype(np.float64)
    out = np.empty((len(x), len(h)))
    for t, gates in enumerate(x @ layer.kernel.astype(np.float64) + layer.bias):
        i, f, g, o = np.split(gates + h @ layer.recurrent.astype(np.float64), 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        out[t] = h = sigmoid(o) * np.tanh(c)
    return out


def gru64(layer: Gru, x: np.ndarray) -> np.ndarray:
    h = layer.hidden.astype(np.float64)
    out = np.empty((len(x), len(h)))
    for t, gates in enumerate(x @ layer.kernel.astype(np.float64) + layer.bias):
        z, r, n = np.split(gates, 3)
        hz, hr, hn = np.split(h @ layer.recurrent.astype(np.float64) + layer.recurrent_bias, 3)
        z, r = sigmoid(z + hz), sigmoid(r + hr)
        out[t] = h = z * h + (1 - z) * np.tanh(n + r * hn)
    return out


def conv64(conv: Conv, activation: Activation, x: np.ndarray) -> np.ndarray:
    out = np.zeros((len(x), conv.weights.shape[2])) + conv.bias
    for k, weights in enumerate(conv.weights):
        back = (len(conv.weights) - 1 - k) * conv.dilation
        out += np.concatenate([np.zeros((back, x.shape[1])), x])[: len(x)] @ weights.astype(np.float64)
    return SHAPES[activation.kind](out, *activation.params.astype(np.float64))


def float64(net: RecurrentNet, x: np.ndarray) -> np.ndarray:
    """The network by its formulas. x: (frames, inputs) -> (frames,)."""
    x = x.astype(np.float64) * np.array([net.input_gain] + [1.0] * (net.inputs - 1))
    y = x
    for layer in net.layers:
        if isinstance(layer, Lstm):
            y = lstm64(layer, y)
        elif isinstance(layer, Gru):
            y = gru64(layer, y)
        else:
            y = conv64(*layer, y)
    return net.output_gain * (y[:, 0] + net.skip * x[:, 0])


def normal(rng, *shape: int, scale: float = 1.0) -> np.ndarray:
    return rng.normal(0, scale, shape).astype(np.float32)


def lstm(rng, ins: int, units: int) -> Lstm:
    return Lstm(
        normal(rng, ins, 4 * units, scale=ins**-0.5),
        normal(rng, units, 4 * units, scale=0.6 * units**-0.5),
        normal(rng, 4 * units, scale=0.2),
        normal(rng, units, scale=0.2),
        normal(rng, units, scale=0.2),
    )


def gru(rng, ins: int, units: int) -> Gru:
    return Gru(
        normal(rng, ins, 3 * units, scale=ins**-0.5),
        normal(rng, units, 3 * units, scale=0.6 * units**-0.5),
        normal(rng, 3 * units, scale=0.2),
        normal(rng, 3 * units, scale=0.2),
        normal(rng, units, scale=0.2),
    )


def conv(rng, ins: int, outs: int, taps: int = 1, dilation: int = 1, kind: str = "linear") -> tuple[Conv, Activation]:
    params = np.abs(normal(rng, len(ACTIVATIONS[kind]), outs)) * 0.5
    if kind == "clip":
        params[0] *= -1
    weights = normal(rng, taps, ins, outs, scale=(taps * ins) ** -0.5)
    return Conv(weights, normal(rng, outs, scale=0.1), dilation), Activation(kind, params)


def build(rng, inputs: int, *wanted, **gains: float) -> RecurrentNet:
    """Layers by name: ("lstm", units), ("gru", units), ("conv", outs, taps, dilation, activation)."""
    makers, layers, ins = {"lstm": lstm, "gru": gru, "conv": conv}, [], inputs
    for name, *sizes in wanted:
        layers.append(makers[name](rng, ins, *sizes))
        ins = sizes[0]
    return RecurrentNet(tuple(layers), **gains)


def networks(rng):
    """Every width of a vector and around it, stacks, mixtures, knobs, every activation."""
    head = ("conv", 1)
    for units in (1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 20, 24, 31, 32, 33, 40, 64, 70):
        yield build(rng, 1, ("lstm", units), head)
    for units in (1, 3, 4, 8, 12, 16, 17, 33):
        yield build(rng, 1, ("gru", units), head)
    for stack in ((8, 8), (3, 5), (16, 16), (4, 4, 4), (1, 2, 3), (7, 9, 15), (20, 33), (9, 1)):
        yield build(rng, 1, *(("lstm", units) for units in stack), head)
    yield build(rng, 1, ("lstm", 1))
    yield build(rng, 1, ("gru", 1), skip=1.0)
    yield build(rng, 1, ("gru", 6), ("gru", 10), head, output_gain=2.0)
    yield build(rng, 3, ("lstm", 10), ("lstm", 6), head, skip=1.0, input_gain=0.5, output_gain=0.7)
    yield build(rng, 5, ("gru", 9), ("lstm", 5), ("lstm", 6), ("gru", 3), head, skip=-0.5, input_gain=3.0)
    yield build(rng, 2, ("conv", 6, 3, 5, "tanh"), ("lstm", 8), ("conv", 4, 1, 1, "silu"), ("conv", 1, 1, 1, "tanh"))
    yield build(
        rng, 1, ("conv", 4, 9, 100, "tanh"), ("gru", 5), ("conv", 3, 2, 64, "linear"), ("conv", 1, 4, 3, "clip")
    )
    yield build(rng, 1, head, skip=1.0)
    yield build(rng, 1, ("conv", 1, 1, 1, "clip"), ("conv", 1, 1, 1, "elu"), ("conv", 1, 7, 2, "sigmoid"))
    for kind in ACTIVATIONS:
        yield build(rng, 1, ("conv", 5, 2, 3, kind), ("lstm", 4), ("conv", 1, 1, 1, kind))


def model_of(net: RecurrentNet, **extra) -> Model:
    return Model(Path("net.json"), "net", "keras", "LSTM", net, knobs=("",) * (net.inputs - 1), **extra)


def chain(net: RecurrentNet, rate: int = RATE, stretch: int = 1, **params: float) -> Chain:
    return Chain([Unit(registry()["model"], payload(model_of(net), stretch), params)], rate)


def play(c: Chain, x: np.ndarray, block: int = 64) -> np.ndarray:
    return np.concatenate([c.process(x[at : at + block]) for at in range(0, len(x), block)])


def inputs_of(net: RecurrentNet, x: np.ndarray) -> np.ndarray:
    return np.column_stack([x, *(np.full(len(x), 0.5) for _ in range(net.inputs - 1))])


@pytest.fixture(params=native.isas())
def isa(request):
    before = native.isa()
    native.use_isa(request.param)
    yield request.param
    native.use_isa(before)


@pytest.fixture(scope="module")
def exact():
    """(network, signal, what comes out by its formulas)"""
    rng = np.random.default_rng(7)
    found = []
    for net in networks(rng):
        x = normal(rng, 400, scale=0.5)
        found.append((net, x, float64(net, inputs_of(net, x))))
    return found


def test_every_network_is_what_its_formulas_say(exact, isa):
    for net, x, right in exact:
        error = np.abs(play(chain(net), x) - right).max()
        assert error < 2e-6 * max(1.0, np.abs(right).max()), (isa, [np.shape(a) for a in payload(model_of(net)).arrays])


@pytest.mark.parametrize("stretch", [1, 2, 3, 5])
def test_the_size_of_a_block_changes_nothing(rng, isa, stretch):
    for net in networks(rng):
        x = normal(rng, 300, scale=0.5)
        whole = play(chain(net, stretch=stretch), x)
        for block in (1, 2, 3, 16, 37, 100, 256, 1000):
            assert np.array_equal(play(chain(net, stretch=stretch), x, block), whole), (
                block,
                payload(model_of(net)).ints,
            )


@pytest.mark.parametrize("stretch", [2, 3, 7])
def test_a_multiple_of_its_rate_is_as_many_networks_that_take_turns(rng, isa, stretch):
    for net in networks(rng):
        x = normal(rng, 500, scale=0.5)
        y = play(chain(net, stretch=stretch), x, 50)
        for turn in range(stretch):
            assert np.array_equal(y[turn::stretch], play(chain(net), x[turn::stretch]))


def test_instruction_sets_agree(rng):
    before = native.isa()
    for net in networks(rng):
        x = normal(rng, 500, scale=0.5)
        played = []
        for name in native.isas():
            native.use_isa(name)
            played.append(play(chain(net), x))
        native.use_isa(before)
        assert np.ptp(played, axis=0).max() < 2e-6 * max(1.0, np.abs(played).max())


def test_gates_are_exact(isa):
    """Two units whose bias sweeps every gate: what the curves are off by cannot hide behind others."""
    zero = np.zeros((1, 4), np.float32)
    for bias in np.linspace(-30, 30, 601, dtype=np.float32):
        for gate in range(4):
            b = np.array([20, -20, 20, 20], np.float32)
            b[gate] = bias
            net = RecurrentNet((Lstm(zero, zero, b, np.zeros(1, np.float32), np.full(1, 0.3, np.float32)),))
            x = np.zeros(2, np.float32)
            assert np.abs(chain(net).process(x) - float64(net, x[:, None])).max() < 3e-7


@pytest.mark.parametrize("huge", [1e3, 1e6])
def test_saturated_gates_stay_finite(rng, isa, huge):
    net = build(rng, 1, ("lstm", 5), ("lstm", 3), ("conv", 1))
    x = normal(rng, 300, scale=huge)
    assert np.abs(play(chain(net), x) - float64(net, x[:, None])).max() < 2e-6


@pytest.mark.parametrize("stretch", [1, 3])
def test_after_a_fault_it_is_as_after_a_long_silence(rng, isa, stretch):
    for net in (
        build(rng, 1, ("lstm", 5), ("lstm", 3), ("conv", 1)),
        build(rng, 2, ("conv", 3, 4, 7, "tanh"), ("gru", 4), ("conv", 1, 3, 2, "tanh")),
    ):
        c, warm = chain(net, stretch=stretch), chain(net, stretch=stretch)
        assert c.memory == RATE // 2
        warm.process(np.zeros(-(-c.memory // 64) * 64, np.float32))
        x = normal(rng, 256, scale=0.5)
        c.process(x)
        broken = np.full(64, np.nan, np.float32)
        c.process(broken)
        assert c.faults == (1,)
        # Shorter blocks than the broken one: what is left of it beyond their end is not heard.
        assert np.array_equal(play(c, x, 48), play(warm, x, 48))


def test_a_knob_is_heard_and_moves_in_a_line(rng):
    net = build(rng, 3, ("lstm", 6), ("conv", 1))
    c = chain(net, drive=0.25, knob2=1.0)
    x = normal(rng, 192, scale=0.5)
    knobs = np.column_stack([x, np.full(192, 0.25), np.ones(192)])
    first = play(c, x[:64])
    c.set(0, 2, 1.0)
    knobs[64:128, 1] = 0.25 + 0.75 * np.arange(1, 65) / 64
    knobs[128:, 1] = 1.0
    y = np.concatenate([first, play(c, x[64:])])
    assert np.abs(y - float64(net, knobs)).max() < 2e-6
    assert payload(model_of(net)).idle == KNOBS[2:]


def test_too_many_knobs_are_refused(rng):
    with pytest.raises(RigError, match="knobs"):
        payload(model_of(build(rng, 6, ("lstm", 3), ("conv", 1))))


NAM = {"BossLSTM-1x16": 1, "lstm": 24_000}  # frames of silence that the references heard first


@pytest.mark.parametrize("name", NAM)
def test_nam_models_against_an_independent_engine(shared, isa, name):
    model = load_model(shared / "models/nam" / f"{name}.nam")
    x = np.fromfile(shared / "reference/in.f32", np.float32)
    right = np.fromfile(shared / "reference" / f"{name}.f32", np.float32)
    c = Chain([Unit(registry()["model"], payload(model))], RATE)
    c.process(np.zeros(NAM[name], np.float32))
    assert np.abs(c.process(x) - right).max() < 1e-4 * np.abs(right).max()


def test_a_keras_model_against_tensorflow_and_its_own_word(shared, isa):
    name = "tw40_blues_deluxe_deerinkstudios"
    path = shared / "models/keras" / f"{name}.json"
    model = load_model(path)
    x = np.fromfile(shared / "reference/in.f32", np.float32)
    right = np.fromfile(shared / "reference" / f"{name}.keras64.f32", np.float32)
    c = Chain([Unit(registry()["model"], payload(model))], RATE)
    assert np.abs(c.process(x) - right).max() < 1e-4 * np.abs(right).max()
    said = json.loads(path.read_text())
    given, answer = (np.array(said[key], np.float32).ravel() for key in ("input_batch", "output_batch"))
    c = Chain([Unit(registry()["model"], payload(model))], RATE)
    assert np.abs(c.process(given) - answer).max() < 1e-4 * np.abs(answer).max()


def test_a_file_is_loaded_at_a_multiple_of_its_rate_or_at_its_own(shared):
    files = {"model": shared / "models/nam/lstm.nam"}
    engine = registry()["model"]
    made = {rate: engine.load(files, engine.settled({}), rate) for rate in (44_100, 48_000, 96_000)}
    assert [made[rate].ints[2] for rate in made] == [1, 1, 2]
    assert [made[rate].rate for rate in made] == [48_000, 0, 0]


def test_compensation_makes_up_for_the_drive_of_any_model(rng):
    x, net = normal(rng, 640, scale=0.5), build(rng, 2, ("lstm", 6), ("conv", 1))
    plain, softer = chain(net, drive=0.5), chain(net, drive=0.5, compensation=12.0)
    assert np.allclose(softer.process(x), 10 ** (-6 / 20) * plain.process(x), rtol=1e-5, atol=1e-9)
    undriven = build(rng, 1, ("lstm", 6), ("conv", 1))
    assert np.array_equal(chain(undriven, compensation=12.0).process(x), chain(undriven).process(x))
    assert "compensation" in payload(model_of(undriven)).idle


@pytest.mark.parametrize("kind", [-1, 2, 1 << 30])
def test_a_network_of_no_known_kind_is_refused(rng, kind):
    made = payload(model_of(build(rng, 1, ("lstm", 6), ("conv", 1))))
    with pytest.raises(RigError, match="model"):
        Chain([Unit(registry()["model"], dataclasses.replace(made, ints=(kind, *made.ints[1:])))], RATE)
