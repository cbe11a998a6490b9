"""The WaveNet kernels: all of them against float64 and against other people's engines, and against each other."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from leash import leashed
from networks import FILM_KEYS, guitarml, keras, nam_array, nam_wavenet
from reference import forward
from sanitized import ADDRESS, SLOW

from rig import native
from rig.engine import Payload
from rig.engines.model import ENGINE, payload
from rig.errors import RigError
from rig.models import player
from rig.models.formats import Model, load_model, nam
from rig.models.formats import guitarml as guitarml_format
from rig.models.formats import keras as keras_format
from rig.models.formats.network import ACTIVATIONS, Activation, Conv, ConvNet
from rig.native import Chain, Unit

HERE = Path(__file__).parent


@pytest.fixture
def isa():
    """Leaves the instruction set as it was."""
    before = native.isa()
    yield
    native.use_isa(before)


def guitarml_model(rng: np.random.Generator, **shape) -> Model:
    return guitarml_format.parse(guitarml(rng, **shape), Path("net.json"))


def nam_model(content: dict) -> Model:
    return nam.parse(content, Path("net.nam"))


def bare(network: ConvNet) -> Model:
    return Model(Path("net"), "net", guitarml_format.FAMILY, "ConvNet", network)


def guitarml_models(rng: np.random.Generator) -> Iterator[Model]:
    """Odd channel counts, one tap, long dilations, every activation."""
    yield guitarml_model(rng, channels=16, dilations=(1, 2, 4, 8, 16, 32, 64))
    yield guitarml_model(rng, channels=1, taps=1, dilations=(1,), activation="linear")
    yield guitarml_model(rng, channels=33, taps=2, dilations=(1, 1024))
    yield guitarml_model(rng, channels=2, taps=17, dilations=(1, 61), activation="softgated")
    for activation in guitarml_format.ACTIVATIONS * 3:
        yield guitarml_model(
            rng,
            channels=int(rng.integers(1, 34)),
            taps=int(rng.integers(1, 6)),
            dilations=tuple(int(d) for d in rng.integers(1, 200, rng.integers(1, 5))),
            activation=activation,
        )


def narrow_models(rng: np.random.Generator) -> Iterator[Model]:
    """Layers that a tile holds whole, and those just too wide for one; each activation and each kind of head that they have."""
    for channels in range(1, 10):
        for activation in ("tanh", "gated"):
            yield guitarml_model(rng, channels=channels, taps=2, dilations=(1, 7, 90), activation=activation)
        for activation in ("LeakyReLU", "Tanh"):
            array = nam_array(channels, head=(1, 3, True), activation=activation, dilations=(1, 30, 2))
            yield nam_model(nam_wavenet(rng, array))


def nam_models(rng: np.random.Generator) -> Iterator[Model]:
    """Every turn that the steps can take: heads that are dots or sums, entries folded or not, films at each place, pairs."""
    yield nam_model(nam_wavenet(rng, nam_array(6, head=(3, 1, False)), nam_array(3, inputs=6, dilations=(8, 1))))
    yield nam_model(nam_wavenet(rng, nam_array(8, taps=[6, 15, 2], head=(1, 16, True), activation="ReLU")))
    yield nam_model(
        nam_wavenet(rng, nam_array(3, dilations=(5,), head=(4, 1, True)), nam_array(4, inputs=3, dilations=(2,)))
    )
    yield nam_model(nam_wavenet(rng, nam_array(5, bottleneck=5, layer1x1=None, head1x1=(3, 1))))
    yield nam_model(nam_wavenet(rng, nam_array(4, bottleneck=6, groups=2, head1x1=(2, 2), head=(1, 3, True))))
    post = {"channels": 3, "activation": "Tanh", "out_channels": 1, "kernel_sizes": [2, 3]}
    yield nam_model(nam_wavenet(rng, nam_array(4, head=(3, 1, True)), post=post))
    inner = nam_wavenet(rng, nam_array(3, head=(2, 1, True)))
    yield nam_model(nam_wavenet(rng, nam_array(4, conditions=2), condition=inner))
    for key in FILM_KEYS:
        for shift in (False, True):
            yield nam_model(nam_wavenet(rng, nam_array(4, head1x1=(3, 1), films={key: (shift, 1)})))
    for gating in ("none", "gated", "blended"):
        films = dict.fromkeys(FILM_KEYS, (True, 1))
        one = nam_array(
            4, gating=gating, secondary="Sigmoid", bottleneck=4, head1x1=(2, 1), films=films, head=(2, 1, True)
        )
        two = nam_array(3, inputs=4, gating=gating, secondary="Softsign", activation="SiLU", head1x1=(2, 1))
        yield nam_model(nam_wavenet(rng, one, two))
    leaky = {"type": "PReLU", "negative_slopes": [0.1, -0.2, 0.9]}
    steep = {"type": "PReLU", "negative_slopes": [0.1, 3.0, 0.9]}
    yield nam_model(nam_wavenet(rng, nam_array(3, activation=[leaky, steep, "Hardtanh"])))


def conv_nets(rng: np.random.Generator) -> Iterator[Model]:
    """Every activation there is, one after another; and an FIR."""

    def conv(taps: int, ins: int, outs: int, dilation: int = 1) -> Conv:
        weights = rng.normal(0, (taps * ins) ** -0.5, (taps, ins, outs)).astype(np.float32)
        return Conv(weights, rng.normal(0, 0.1, outs).astype(np.float32), dilation)

    for kind, params in ACTIVATIONS.items():
        rows = np.sort(rng.normal(0, 1, (len(params), 5)), axis=0).astype(np.float32)
        activation = Activation(kind, rows)
        yield bare(ConvNet(((conv(2, 1, 5, 3), activation), (conv(3, 5, 5, 40), activation)), conv(1, 5, 1)))
    yield bare(ConvNet((), conv(500, 1, 1)))
    tanh = Activation("tanh", np.empty((0, 4), np.float32))
    chain = ((conv(2, 1, 4), tanh), *((conv(1, 4, 4), tanh) for _ in range(5)))  # each 1x1 ends a layer and begins one
    yield bare(ConvNet(chain, conv(1, 4, 1)))


@pytest.mark.parametrize("models", [guitarml_models, narrow_models, nam_models, conv_nets])
def test_every_kernel_against_float64(models, rng, isa):
    for number, model in enumerate(models(rng)):
        x = rng.normal(0, 0.5, 3000).astype(np.float32)
        chain = player.chain_of(model, reference=True)
        exact = forward(model.network, x)
        scale = max(1.0, np.abs(exact).max())
        assert np.abs(chain.process(x) - exact).max() < 2e-6 * scale, (number, model)
        played = []
        for name in native.isas():
            native.use_isa(name)
            played.append(player.chain_of(model).process(x))
            assert np.abs(played[-1] - exact).max() < 2e-6 * scale, (name, number, model)
        assert np.ptp(played, axis=0).max() < 2e-6 * scale, "instruction sets agree with each other"


def test_a_network_that_was_reset_has_heard_silence_for_ever(rng):
    x = rng.normal(0, 0.5, 500).astype(np.float32)
    for model in (*guitarml_models(rng), *nam_models(rng), *conv_nets(rng)):
        chain = player.chain_of(model)
        chain.process(rng.normal(0, 0.5, 3000).astype(np.float32))
        chain.reset()
        exact = forward(model.network, x, silence=model.network.receptive_field)
        assert np.abs(chain.process(x) - exact).max() < 2e-6 * max(1.0, np.abs(exact).max()), model


@pytest.mark.parametrize("stretch", [2, 3])
def test_a_model_at_a_multiple_of_its_rate_plays_frames_in_turn(stretch, rng):
    """Each of the interleaved signals goes through the network as it would alone."""
    for model in (*guitarml_models(rng), *nam_models(rng)):
        x = rng.normal(0, 0.5, 2000 * stretch).astype(np.float32)
        chain = Chain([Unit(ENGINE, payload(model, stretch))], 48_000)
        exact = np.empty(len(x))
        for turn in range(stretch):
            exact[turn::stretch] = forward(model.network, x[turn::stretch])
        assert np.abs(chain.process(x) - exact).max() < 2e-6 * max(1.0, np.abs(exact).max())


def test_knobs_are_heard_and_ramped(rng):
    model = guitarml_model(rng, inputs=3, channels=6)
    assert len(model.knobs) == 2
    x = rng.normal(0, 0.5, 640).astype(np.float32)
    chain = Chain([Unit(ENGINE, payload(model), {"drive": 0.2, "knob2": 0.9})], 48_000)
    names = [param.name for param in ENGINE.params]
    knobs = np.tile([0.2, 0.9], (len(x), 1))
    first = chain.process(x[:320])
    chain.set(0, names.index("drive"), 0.7)
    second = chain.process(x[320:])
    knobs[320:384, 0] = 0.2 + 0.5 * np.arange(1, 65) / 64
    knobs[384:, 0] = 0.7
    exact = forward(model.network, np.column_stack([x, knobs]))
    assert np.abs(np.concatenate([first, second]) - exact).max() < 2e-6
    assert payload(model).idle == ("knob3", "knob4")


def test_compensation_takes_away_what_drive_adds(rng):
    model = guitarml_model(rng, inputs=2)
    x = rng.normal(0, 0.5, 500).astype(np.float32)

    def play(**params: float) -> np.ndarray:
        return Chain([Unit(ENGINE, payload(model), params)], 48_000).process(x)

    softer = play(drive=0.5, compensation=12.0) / play(drive=0.5)
    assert np.allclose(softer, 10 ** (-6 / 20), atol=1e-5)
    assert np.array_equal(play(drive=0.0, compensation=12.0), play(drive=0.0))


def test_the_size_of_a_block_changes_nothing(rng, isa):
    films = dict.fromkeys(FILM_KEYS, (True, 1))
    models = [
        guitarml_model(rng, channels=10, dilations=(1, 2, 4, 300)),
        guitarml_model(rng, channels=4, dilations=(1, 2, 50)),
        nam_model(nam_wavenet(rng, nam_array(3, taps=6, activation="ReLU", head=(1, 16, True)))),
        nam_model(nam_wavenet(rng, nam_array(4, gating="blended", secondary="Sigmoid", head1x1=(2, 1), films=films))),
    ]
    x = rng.normal(0, 0.5, 5000).astype(np.float32)
    for model in models:
        for name in native.isas():
            native.use_isa(name)
            whole = player.run(model, x, 64)
            for block in (1, 2, 3, 16, 37, 100, 256, 1000, 4096):
                assert np.array_equal(player.run(model, x, block), whole), (name, block)


def test_rings_wrap_for_as_long_as_one_plays(rng):
    """Blocks of odd sizes, far past the end of every ring."""
    model = guitarml_model(rng, channels=3, dilations=(1, 7, 50))
    x = rng.normal(0, 0.5, 20_000).astype(np.float32)
    chain = player.chain_of(model)
    y, at = [], 0
    while at < len(x):
        n = int(rng.integers(1, 65))
        y.append(chain.process(x[at : at + n]))
        at += n
    assert np.abs(np.concatenate(y) - forward(model.network, x)).max() < 2e-6


GUITARML = ("WaveNet1-ts7", "WaveNet2-ds1", "WaveNet3-muff", "bluej_clean_p0088", "bluesJr_fullD2", "pedalnet")
NAM = {
    "A2": 1e-5,
    "A2-lite": 1e-5,
    "BossWN-feather": 1e-5,
    "slimmable_container": 1e-5,
    "slimmable_wavenet": 1e-4 * 34.5,  # wild: relative to its peak
    "wavenet": 1e-5,
    "wavenet_a1_standard": 5e-5,  # untrained: it multiplies float32's own rounding; plain C is as far off
    "wavenet_a2_max": 1e-4 * 10.9,  # wild
    "wavenet_condition_dsp": 1e-5,
}


def against(shared: Path, model: Model, name: str, most: float) -> None:
    x = np.fromfile(shared / "reference/in.f32", np.float32)
    right = np.fromfile(shared / "reference" / f"{name}.f32", np.float32)
    for isa_name, frames in zip(native.isas(), (240_000, 48_000, 48_000), strict=False):
        native.use_isa(isa_name)
        assert np.abs(player.run(model, x[:frames]) - right[:frames]).max() < most
    assert np.abs(player.run(model, x[:24_000], reference=True) - right[:24_000]).max() < most


@pytest.mark.parametrize("name", GUITARML)
def test_guitarml_models_against_independent_engines(shared, name, isa):
    against(shared, load_model(shared / "models/guitarml" / f"{name}.json"), name, 1e-5)


@pytest.mark.parametrize("name", NAM)
def test_nam_models_against_independent_engines(shared, name, isa):
    file = shared / "models/nam" / f"{name.removesuffix('-lite')}.nam"
    against(shared, load_model(file).at(0.0 if name.endswith("-lite") else 1.0), name, NAM[name])


def test_an_instruction_set_that_is_not_there_is_refused():
    with pytest.raises(RigError, match="avx2048"):
        native.use_isa("avx2048")


COMPILERS = os.environ.get("RIG_COMPILERS", "").split()
"""Others to ask than the one that is there: `RIG_COMPILERS="gcc-13 gcc-14 clang-19" make test ARGS="-k plain_program"`."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "level"), [("cc", "-O2"), *((command, level) for command in COMPILERS for level in ("-O2", "-O3"))]
)
def test_the_kernels_as_a_plain_program(command, level, compiler):
    """On each instruction set the numbers are right, whatever compiler was at work, and the size of a block changes no bit."""
    if shutil.which(command) is None:
        pytest.skip(f"there is no {command} here")
    for source in ("kernels.c", "training.c"):
        program = compiler.linked(HERE / source, command=command, level=level)
        done = subprocess.run(leashed([program]), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout
        assert [line.split()[0] for line in done.stdout.splitlines()] == list(native.isas())


@pytest.mark.slow
def test_the_kernels_on_aarch64(compiler):
    """Raspberry Pi and Apple chips: cross-compiled, and run by an emulator."""
    if not (shutil.which("aarch64-linux-gnu-gcc") and shutil.which("qemu-aarch64")):
        pytest.skip("needs a cross-compiler and an emulator (Debian: gcc-aarch64-linux-gnu, qemu-user)")
    for source in ("kernels.c", "training.c"):
        program = compiler.linked(HERE / source, "-static", command="aarch64-linux-gnu-gcc")
        done = subprocess.run(leashed(["qemu-aarch64", program]), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout
        assert done.stdout.startswith("neon")


def written(setups: list[Payload], path: Path) -> Path:
    """Setups as tests/setups.c reads them."""
    with path.open("wb") as file:
        for payload in setups:
            arrays = [np.ravel(array).astype(np.float32) for array in payload.arrays]
            file.write(np.array([len(payload.ints), len(arrays), *payload.ints], np.int32).tobytes())
            for array in arrays:
                file.write(np.int32(array.size).tobytes() + array.tobytes())
    return path


SECONDS = os.environ.get("RIG_FUZZ_SECONDS", "2")
"""For each engine; many more have been run by hand."""


@pytest.mark.slow
def test_setups_that_make_no_sense_do_no_harm(compiler, tmp_path, rng):
    """Whatever a reader lets through, the C looks at again, under the compiler's address and behaviour sanitizers."""
    program = compiler.linked(HERE / "setups.c", *ADDRESS.flags, level=ADDRESS.level, plain=SLOW)
    layers = [{"type": "conv1d", "size": 4, "kernel_size": 3, "dilation": 2, "activation": "tanh"}]
    recurrent = [
        keras(rng),
        keras(rng, [{"type": "gru", "size": 5}, {"type": "dense", "size": 1}], inputs=2),
        keras(rng, [*layers, {"type": "lstm", "size": 3}, {"type": "dense", "size": 1}]),
    ]
    models = (*guitarml_models(rng), *nam_models(rng), *conv_nets(rng))
    feed_forward = written([payload(model, 1 + i % 2) for i, model in enumerate(models)], tmp_path / "nets")
    models = [keras_format.parse(one, Path("net.json")) for one in recurrent]
    looping = written([payload(model, 1 + i) for i, model in enumerate(models)], tmp_path / "recurrent")
    for engine, file in (("model", feed_forward), ("model_reference", feed_forward), ("model", looping)):
        command = [program, file, engine, SECONDS, str(rng.integers(1 << 30))]
        done = subprocess.run(leashed(command), capture_output=True, text=True)
        assert done.returncode == 0, (engine, done.stderr[-3000:])
        tried, taken = (int(word) for word in re.findall(r"\d+", done.stdout))
        assert 0 < taken < tried, (engine, done.stdout)


def test_silence_after_a_chord_costs_no_more_than_the_chord(rng):
    """No denormals: the numbers that die away are zero before they are small."""
    model = guitarml_model(rng, channels=8, activation="linear", dilations=(1, 2, 4))

    def quiet(conv: Conv) -> Conv:
        return dataclasses.replace(conv, bias=conv.bias * 0)

    (array,) = model.network.arrays
    layers = tuple(dataclasses.replace(la, conv=quiet(la.conv), onward=quiet(la.onward)) for la in array.layers)
    array = dataclasses.replace(array, entry=quiet(array.entry), layers=layers, head=quiet(array.head))
    network = dataclasses.replace(model.network, arrays=(array,))
    dying = np.geomspace(1e-36, 1e-41, 2000).astype(np.float32)
    exact = np.abs(forward(network, dying))
    least = np.finfo(np.float32).tiny
    would_be = (exact > 0) & (exact < least)
    assert would_be.sum() > 100
    out = np.abs(player.run(dataclasses.replace(model, network=network), dying))
    assert not np.any((out > 0) & (out < least))
    assert np.all(out[exact < 0.1 * least] == 0.0)
