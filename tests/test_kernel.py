"""The WaveNet kernels: the reference against float64 and against other people's engines, the fast ones against the reference."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from networks import guitarml

from rig import native, solo
from rig.formats import Model, WaveNet, load_model

HERE = Path(__file__).parent
CSRC = HERE.parent / "csrc"
ACTIVATIONS = {
    "linear": lambda z, c: z,
    "tanh": lambda z, c: np.tanh(z),
    "sigmoid": lambda z, c: 1 / (1 + np.exp(-z)),
    "relu": lambda z, c: np.maximum(z, 0),
    "softsign": lambda z, c: z / (1 + np.abs(z)),
    "gated": lambda z, c: np.tanh(z[:, :c]) / (1 + np.exp(-z[:, c:])),
    "softgated": lambda z, c: z[:, :c] / (1 + np.abs(z[:, :c])) * z[:, c:] / (1 + np.abs(z[:, c:])),
}


def float64(net: WaveNet, x: np.ndarray) -> np.ndarray:
    """The network in float64 numpy, all frames at once: (frames,) -> (frames,)."""
    h = x[:, None].astype(np.float64) @ net.input + net.input_bias
    y = np.zeros(len(x)) + net.output_bias
    for layer, output in zip(net.layers, net.output, strict=True):
        taps = len(layer.kernel)
        z = np.zeros((len(x), layer.kernel.shape[2])) + layer.bias
        for k, weights in enumerate(layer.kernel):
            back = (taps - 1 - k) * layer.dilation
            past = np.concatenate([np.zeros((min(back, len(h)), h.shape[1])), h[: max(0, len(h) - back)]])
            z += past @ weights.astype(np.float64)
        a = ACTIVATIONS[net.activation](z, h.shape[1])
        y += (a @ output.astype(np.float64))[:, 0]
        h = h + a @ layer.mix.astype(np.float64) + layer.mix_bias
    return y


@pytest.fixture
def isa():
    """Leaves the instruction set as it was."""
    before = native.isa()
    yield
    native.use_isa(before)


def random_model(tmp_path, rng, **shape) -> Model:
    path = tmp_path / "net.json"
    path.write_text(json.dumps(guitarml(rng, **shape)))
    return load_model(path)


def shapes(rng: np.random.Generator):
    """Networks of every kind: odd channel counts, one tap, long dilations, every activation."""
    yield {"channels": 16, "taps": 3, "dilations": (1, 2, 4, 8, 16, 32, 64), "activation": "gated"}
    yield {"channels": 1, "taps": 1, "dilations": (1,), "activation": "linear"}
    yield {"channels": 33, "taps": 2, "dilations": (1, 1024), "activation": "gated"}
    yield {"channels": 2, "taps": 17, "dilations": (1, 61), "activation": "softgated"}
    for i in range(21):
        yield {
            "channels": int(rng.integers(1, 34)),
            "taps": int(rng.integers(1, 6)),
            "dilations": tuple(int(d) for d in rng.integers(1, 200, rng.integers(1, 5))),
            "activation": list(ACTIVATIONS)[i % len(ACTIVATIONS)],
        }


def test_every_kernel_against_float64(tmp_path, rng, isa):
    for shape in shapes(rng):
        model = random_model(tmp_path, rng, **shape)
        x = rng.normal(0, 0.5, 3000).astype(np.float32)
        exact = float64(model.network, x)
        scale = max(1.0, np.abs(exact).max())
        assert np.abs(solo.run(model, x, reference=True) - exact).max() < 2e-6 * scale, shape
        played = []
        for name in native.isas():
            native.use_isa(name)
            played.append(solo.run(model, x))
            assert np.abs(played[-1] - exact).max() < 2e-6 * scale, (name, shape)
        assert np.ptp(played, axis=0).max() < 2e-6 * scale, "instruction sets agree with each other"


def test_the_size_of_a_block_changes_nothing(tmp_path, rng, isa):
    model = random_model(tmp_path, rng, channels=10, dilations=(1, 2, 4, 300))
    x = rng.normal(0, 0.5, 5000).astype(np.float32)
    for name in native.isas():
        native.use_isa(name)
        whole = solo.run(model, x, 64)
        for block in (1, 2, 3, 16, 37, 100, 256, 1000, 4096):
            assert np.array_equal(solo.run(model, x, block), whole), (name, block)


def test_rings_wrap_for_as_long_as_one_plays(tmp_path, rng):
    """Blocks of odd sizes, far past the end of every ring."""
    model = random_model(tmp_path, rng, channels=3, dilations=(1, 7, 50))
    x = rng.normal(0, 0.5, 20_000).astype(np.float32)
    chain = solo.chain_of(model)
    y, at = [], 0
    while at < len(x):
        n = int(rng.integers(1, 65))
        y.append(chain.process(x[at : at + n]))
        at += n
    assert np.abs(np.concatenate(y) - float64(model.network, x)).max() < 2e-6


GUITARML = ("WaveNet1-ts7", "WaveNet2-ds1", "WaveNet3-muff", "bluej_clean_p0088", "bluesJr_fullD2", "pedalnet")


@pytest.mark.parametrize("name", GUITARML)
def test_real_models_against_independent_engines(shared, name, isa):
    model = load_model(shared / "models/guitarml" / f"{name}.json")
    x = np.fromfile(shared / "reference/in.f32", np.float32)
    right = np.fromfile(shared / "reference" / f"{name}.f32", np.float32)
    for isa_name in native.isas():
        native.use_isa(isa_name)
        assert np.abs(solo.run(model, x) - right).max() < 1e-5
    assert np.abs(solo.run(model, x[:48_000], reference=True) - right[:48_000]).max() < 1e-5


def test_an_instruction_set_that_is_not_there_is_refused():
    with pytest.raises(native.RigError, match="avx2048"):
        native.use_isa("avx2048")


def compiled(tmp_path, compiler: str, *flags: str):
    """tests/kernels.c with all of our C around it, as a program of its own."""
    sources = [
        HERE / "kernels.c",
        CSRC / "chain.c",
        *sorted(CSRC.glob("engines/*.c")),
        *sorted(CSRC.glob("kernels/*.c")),
    ]
    program = tmp_path / "kernels"
    command = [compiler, "-std=gnu11", "-O2", "-fno-math-errno", "-Wno-psabi", f"-I{CSRC}", *flags]
    subprocess.run([*command, *sources, "-lm", "-o", program], check=True)
    return program


def test_the_kernels_as_a_plain_program(tmp_path):
    done = subprocess.run([compiled(tmp_path, "cc")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith(native.isas()[0])


def test_the_kernels_on_aarch64(tmp_path):
    """Raspberry Pi and Apple chips: cross-compiled, and run by an emulator."""
    if not (shutil.which("aarch64-linux-gnu-gcc") and shutil.which("qemu-aarch64")):
        pytest.skip("needs a cross-compiler and an emulator (Debian: gcc-aarch64-linux-gnu, qemu-user)")
    program = compiled(tmp_path, "aarch64-linux-gnu-gcc", "-static")
    done = subprocess.run(["qemu-aarch64", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("neon")


def test_silence_after_a_chord_costs_no_more_than_the_chord(tmp_path, rng):
    """No denormals: the numbers that die away are zero before they are small."""
    model = random_model(tmp_path, rng, channels=8, activation="linear", dilations=(1, 2, 4))
    net = model.network
    quiet = dataclasses.replace(
        net,
        input_bias=net.input_bias * 0,
        output_bias=net.output_bias * 0,
        layers=tuple(dataclasses.replace(la, bias=la.bias * 0, mix_bias=la.mix_bias * 0) for la in net.layers),
    )
    dying = np.geomspace(1e-36, 1e-41, 2000).astype(np.float32)
    exact = np.abs(float64(quiet, dying))
    least = np.finfo(np.float32).tiny
    would_be = (exact > 0) & (exact < least)
    assert would_be.sum() > 100
    out = np.abs(solo.run(dataclasses.replace(model, network=quiet), dying))
    assert not np.any((out > 0) & (out < least))
    assert np.all(out[exact < 0.1 * least] == 0.0)
