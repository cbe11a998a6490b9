"""From a capture to a model: what is read, what is learnt, what is exported, and that nothing is left half-written."""

from __future__ import annotations

import json
import math
import os
import re
import resource
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

torch = pytest.importorskip("torch")

from captures import RATE, amp, guitar  # noqa: E402
from leash import leashed  # noqa: E402

from rig import native  # noqa: E402
from rig.capture.delay import OWN, find_delay  # noqa: E402
from rig.cli import main  # noqa: E402
from rig.errors import RigError  # noqa: E402
from rig.files import write  # noqa: E402
from rig.models import player  # noqa: E402
from rig.models.convert import guitarml_text  # noqa: E402
from rig.models.convert.to_guitarml import guitarml_file  # noqa: E402
from rig.models.formats import load_model  # noqa: E402
from rig.train import capture, checkpoint, data, export, kernels, loop, losses, network, optimiser  # noqa: E402
from rig.train.result import Keeper  # noqa: E402
from rig.train.settings import SIZES, Settings, Size  # noqa: E402
from rig.train.state import begin, with_weights  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
TINY = Size(channels=4, depth=4, repeats=1, kernel_size=3)
OPTIONS = ("--channels", "4", "--depth", "4", "--segment", "0.05")


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def sides(tmp_path: Path, rng) -> tuple[Path, Path]:
    """A capture on disk: dry.wav, wet.wav."""
    dry = guitar(rng)
    soundfile.write(tmp_path / "dry.wav", dry, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "wet.wav", amp(dry), RATE, subtype="FLOAT")
    return tmp_path / "dry.wav", tmp_path / "wet.wav"


@pytest.fixture
def ready(rng) -> tuple[data.Data, Settings]:
    """What the loop eats, for three short epochs."""
    dry = guitar(rng, 2.0)
    taken = capture.Capture(dry, amp(dry), RATE, 0, ())
    settings = Settings(size=TINY, segment=512, batch_size=2, epochs=3)
    return data.prepare([taken], TINY.receptive_field, settings.segment, True), settings


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def random_network(size: Size, seed: int = 0) -> network.WaveNet:
    """With biases too: those of a fresh network are zero and would hide a mistake."""
    generator = torch.Generator().manual_seed(seed)
    net = network.WaveNet(size.channels, size.dilations, size.kernel_size, generator)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if "bias" in name:
                parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    return net


def exported(net: network.WaveNet, path: Path, dry=data.Scale(), wet=data.Scale()) -> dict:  # noqa: B008 (frozen)
    content = guitarml_file(export.folded(net, dry, wet), {"name": "random"})
    write(path, guitarml_text(content))
    return content


# ---- the network


@pytest.mark.parametrize("channels", [1, 3, 4, 5, 8, 16])
@pytest.mark.parametrize(("depth", "repeats", "kernel_size"), [(1, 1, 3), (4, 2, 2), (7, 1, 3), (3, 2, 5)])
def test_the_c_engine_plays_what_pytorch_computes(tmp_path, rng, channels, depth, repeats, kernel_size):
    net = random_network(Size(channels, depth, repeats, kernel_size), seed=channels)
    dry = rng.normal(size=1500).astype(np.float32)
    exported(net, tmp_path / "net.json")
    played = player.run(load_model(tmp_path / "net.json"), dry, block=64)
    predicted = net.predict(torch.from_numpy(dry), block=400).numpy()
    assert np.std(predicted) > 0.01
    np.testing.assert_allclose(played, predicted, atol=1e-5)


def by_the_book(content: dict, signal_in: np.ndarray) -> np.ndarray:
    """The family's definition, a frame at a time, straight from the file's numbers."""
    found = {(v["layer_idx"], v["name"]): np.array(v["data"]) for v in content["variables"]}
    width, taps, dilations = content["residual_channels"], content["filter_width"], content["dilations"]
    frames = len(signal_in)
    h = signal_in[:, None] * found[-1, "W"][None] + found[-1, "b"]
    skips = []
    for layer, dilation in enumerate(dilations):
        kernel = found[layer, "W_conv"].reshape(taps, width, 2 * width)
        z = np.tile(found[layer, "b_conv"], (frames, 1))
        for t in range(frames):
            for k in range(taps):
                past = t - (taps - 1 - k) * dilation
                if past >= 0:
                    z[t] += h[past] @ kernel[k]
        skips.append(np.tanh(z[:, :width]) / (1 + np.exp(-z[:, width:])))
        h = h + skips[-1] @ found[layer, "W_out"].reshape(width, width) + found[layer, "b_out"]
    return np.concatenate(skips, axis=1) @ found[len(dilations), "W"] + found[len(dilations), "b"]


def test_the_file_is_laid_out_as_the_family_does(tmp_path, rng):
    net = random_network(Size(3, 3, 1, 3))
    dry = rng.normal(size=40)
    content = exported(net, tmp_path / "net.json")
    read_back = json.loads((tmp_path / "net.json").read_text())
    assert read_back == content
    assert all(isinstance(number, float) for v in read_back["variables"] for number in v["data"])
    predicted = net.predict(torch.from_numpy(dry.astype(np.float32))).numpy()
    np.testing.assert_allclose(by_the_book(read_back, dry), predicted, atol=1e-5)


def test_normalisation_is_folded_into_the_weights(tmp_path, rng):
    net = random_network(Size(4, 4, 1, 3))
    dry_scale, wet_scale = data.Scale(0.05, 0.13), data.Scale(-0.2, 1.7)
    dry = (0.1 * rng.normal(size=800) + 0.05).astype(np.float32)
    exported(net, tmp_path / "net.json", dry_scale, wet_scale)
    played = player.run(load_model(tmp_path / "net.json"), dry)
    inside = net.predict(dry_scale.apply(dry)).numpy()
    np.testing.assert_allclose(played, inside * wet_scale.deviation + wet_scale.mean, atol=1e-5)
    assert np.abs(played - inside).max() > 0.1  # the scales do matter


@pytest.mark.parametrize("block", [1, 7, 8, 100, 333])
def test_prediction_in_blocks_is_prediction_at_once(rng, block):
    net = random_network(Size(4, 5, 1, 3))
    dry = torch.from_numpy(rng.normal(size=400).astype(np.float32))
    assert torch.allclose(net.predict(dry, block=block), net.predict(dry, block=5000), atol=1e-6)


def test_gradients_are_those_of_calculus():
    net = random_network(Size(3, 3, 1, 3)).double()
    x = torch.randn(30, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    keys = [name for name, _ in net.named_parameters()]

    def of(*weights):
        return torch.func.functional_call(net, dict(zip(keys, weights, strict=True)), (x,))

    assert torch.autograd.gradcheck(of, tuple(net.parameters()))


@pytest.fixture
def isa():
    """Leaves the instruction set as it was, and the number of threads."""
    before = native.isa()
    yield
    native.use_isa(before)
    torch.set_num_threads(1)


def learnt(net: network.WaveNet, x: torch.Tensor) -> list[torch.Tensor]:
    """What comes out, from rest too, and all gradients."""
    net.zero_grad()
    out = net(x)
    out.square().sum().backward()
    with torch.no_grad():
        return [out.detach(), net(x, from_rest=True), *(p.grad.clone() for p in net.parameters())]


def assert_as_pytorch(net: network.WaveNet, x: torch.Tensor, what: object = None) -> None:
    """C gives what PyTorch gives."""
    fast = learnt(net, x)
    with kernels.without():
        plain = learnt(net, x)
    for a, b in zip(fast, plain, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5 * float(b.abs().max()), msg=lambda m: f"{what}: {m}")


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 33])
def test_c_learns_what_pytorch_learns(channels, isa):
    """Any number of channels, rows shorter than a vector and longer than a block, on every instruction set."""
    net = random_network(Size(channels, 4, 1, 3))
    for frames in (1, 7, 131, 300):
        x = torch.randn(net.receptive_field - 1 + frames, 2, generator=torch.Generator().manual_seed(2))
        for name in native.isas():
            native.use_isa(name)
            assert_as_pytorch(net, x, (name, frames))


@pytest.mark.parametrize(("depth", "repeats", "kernel_size", "inputs"), [(1, 1, 2, 1), (3, 2, 5, 2), (6, 1, 16, 1)])
def test_c_learns_networks_of_any_shape(depth, repeats, kernel_size, inputs, isa):
    size = Size(6, depth, repeats, kernel_size)
    net = network.WaveNet(6, size.dilations, kernel_size, torch.Generator().manual_seed(3), inputs)
    x = torch.randn(net.receptive_field + 40, 3, inputs, generator=torch.Generator().manual_seed(2))
    for name in native.isas():
        native.use_isa(name)
        assert_as_pytorch(net, x, name)


@pytest.mark.parametrize("threads", [2, 3])
def test_several_threads_learn_the_same_every_time(threads, isa):
    """Whoever takes which part of the time: not a bit differs."""
    net, x = random_network(Size(4, 5, 1, 3)), torch.randn(3500, 1, generator=torch.Generator().manual_seed(2))
    alone = learnt(net, x)
    torch.set_num_threads(threads)
    first = learnt(net, x)
    for a, b in zip(first, alone, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5 * float(b.abs().max()))
    for _ in range(8):
        assert all(torch.equal(a, b) for a, b in zip(first, learnt(net, x), strict=True))


def test_a_run_in_c_is_a_run_in_pytorch(rng, isa):
    """The same loss after twenty steps, on every instruction set. Of plain descent: SOAP's bases, where there is hardly a
    gradient, are made of rounding."""
    dry = guitar(rng, 2.0)
    taken = capture.Capture(dry, amp(dry), RATE, 0, ())
    settings = Settings(size=Size(8, 5, 1, 3), segment=512, batch_size=2, epochs=1)
    ready = data.prepare([taken], settings.size.receptive_field, settings.segment, True)
    loss = losses.Loss.for_take(ready.wet)

    def run() -> list[float]:
        state = begin(settings)
        state.optimiser = torch.optim.SGD(state.network.parameters(), 0.1)
        return [loop.take_step(state, ready, loss, settings, 0.1) for _ in range(20)]

    with kernels.without():
        plain = run()
    assert np.mean(plain[-5:]) < 0.8 * np.mean(plain[:5])
    for name in native.isas():
        native.use_isa(name)
        assert run()[-1] == pytest.approx(plain[-1], abs=1e-5), name


def test_what_c_keeps_for_the_way_back_can_be_read_twice():
    net, x = random_network(Size(8, 3, 1, 3)), torch.randn(90, 1, generator=torch.Generator().manual_seed(2))
    out = net(x).square().sum()
    out.backward(retain_graph=True)
    once = [p.grad.clone() for p in net.parameters()]
    out.backward()
    for a, p in zip(once, net.parameters(), strict=True):
        torch.testing.assert_close(2 * a, p.grad)


def test_c_is_asked_for_what_it_can_and_pytorch_for_the_rest(monkeypatch):
    net, calls = random_network(Size(3, 3, 1, 3)), []
    plain = network._forward
    monkeypatch.setattr(network, "_forward", lambda *rest: (calls.append(1), plain(*rest))[1])
    net(torch.randn(40, 1))
    assert not calls
    net(torch.randn(40, 1), from_rest=True)  # with gradients
    net.double()(torch.randn(40, 1, dtype=torch.float64))
    with kernels.without():
        net.float()(torch.randn(40, 1))
    assert len(calls) == 9


# ---- losses and optimiser


def test_error_to_signal_ratios():
    target = torch.tensor([1.0, -1.0, 2.0])
    assert losses.esr(target, target) == 0
    assert losses.esr(target, torch.zeros(3)) == 1
    assert losses.esr(target, target + 0.5) == pytest.approx(0.75 / 6)
    torch.testing.assert_close(losses.pre_emphasis(target), torch.tensor([-1.95, 2.95]))


def test_the_loss_hears_treble_offset_and_level():
    wave = torch.sin(torch.arange(2000) * 0.05)[:, None]
    loss = losses.Loss.for_take(wave[:, 0])
    high, low = 0.1 * torch.sin(torch.arange(2000) * 2.5)[:, None], 0.1 * torch.sin(torch.arange(2000) * 0.01)[:, None]
    assert loss(wave, wave) == 0
    assert loss(wave, wave + high) > 5 * loss(wave, wave + low)
    assert loss(wave, wave + 0.1) > loss(wave, wave + low)


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (16, 16), (10, 16, 1), (2, 8), (1, 4), (5,)])
def test_a_parameter_survives_being_a_matrix(shape):
    value = torch.arange(math.prod(shape), dtype=torch.float32).reshape(shape)
    both = torch.stack([value, -value])
    assert torch.equal(optimiser.from_matrices(optimiser.as_matrices(both), value.shape), both)


def test_the_optimiser_finds_the_bottom_of_a_valley():
    generator = torch.Generator().manual_seed(0)
    mixed = torch.randn(6, 6, generator=generator) @ torch.diag(torch.tensor([10.0, 3, 1, 0.3, 0.1, 0.05]))
    goal = torch.randn(6, 6, generator=generator)
    weights = torch.zeros(6, 6, requires_grad=True)
    soap = optimiser.Soap([weights], lr=0.05)
    for step in range(400):
        soap.zero_grad()
        ((mixed @ (weights - goal)).square().sum()).backward()
        soap.param_groups[0]["lr"] = 0.05 * (1 - step / 400)
        soap.step()
    assert (weights - goal).abs().max() < 0.02


# ---- the loop


def test_a_capture_is_judged_by_its_guitar_and_learnt_from_whole(rng):
    dry = guitar(rng, 4.0)
    low, high = RATE, 3 * RATE
    taken = capture.Capture(dry, amp(dry), RATE, 0, (), (low, high))
    held = data.prepare([taken, taken], TINY.receptive_field, 512, True)
    assert len(held.slices) == 12
    for piece in held.slices:
        assert low <= piece.judged - piece.take * len(dry) < piece.end - piece.take * len(dry) <= high
    places = held.__class__(**{**vars(held), "wet": torch.arange(len(held.dry), dtype=torch.float32)})
    generator = torch.Generator().manual_seed(0)
    wet = torch.cat([places.batch(4, generator)[1].long().flatten() for _ in range(300)])
    assert (wet < low).any() and ((wet > high) & (wet < len(dry))).any() and (wet > len(dry) + high).any()
    few = capture.Capture(dry, amp(dry), RATE, 0, (), (low, low + 99))
    assert data.prepare([few], TINY.receptive_field, 512, True).slices[-1].end == len(dry), "too little to judge by"


def test_what_is_held_out_is_never_trained_on(ready):
    held, settings = ready
    judged = torch.zeros(len(held.dry), dtype=torch.bool)
    for piece in held.slices:
        judged[piece.judged : piece.end] = True
    taught = torch.zeros(len(held.dry), dtype=torch.bool)
    places = held.__class__(**{**vars(held), "wet": torch.arange(len(held.dry), dtype=torch.float32)})
    generator = torch.Generator().manual_seed(0)
    for _ in range(300):
        dry, wet = places.batch(4, generator)
        assert dry.shape == (settings.size.receptive_field - 1 + held.segment, 4)
        taught[wet.long().flatten()] = True
    assert not (judged & taught).any()
    assert taught.sum() > 0.95 * held.train_frames
    assert 0.05 < judged.float().mean() < 0.1


def test_the_best_epoch_is_kept_when_training_diverges(ready, monkeypatch):
    held, settings = ready
    plain_step, steps = loop.take_step, loop.steps_per_epoch(held, settings)

    def diverging(state, *rest):
        value = plain_step(state, *rest)
        if state.step > 2 * steps:
            with torch.no_grad():
                for tensor in (*state.network.parameters(), *state.average.values()):
                    tensor.mul_(1.5)
        return value

    monkeypatch.setattr(loop, "take_step", diverging)
    kept = {}
    state = loop.train(
        begin(settings), held, settings,
        after_epoch=lambda state, epoch: kept.update({epoch.number: {k: v.clone() for k, v in state.average.items()}}),
    )  # fmt: skip
    assert [e.number for e in state.history] == [1, 2, 3]
    assert state.history[2].esr > 2 * state.history[1].esr
    assert state.best_epoch.number == 2
    assert all(torch.equal(state.best[k], kept[2][k]) for k in kept[2])
    assert loop.judge(with_weights(state, state.best), held)[0] == pytest.approx(state.history[1].esr)


def test_a_loss_that_is_no_number_takes_back_the_epoch_and_halves_the_rate(ready, monkeypatch):
    held, settings = ready
    plain_step, steps, calls, rates, said = loop.take_step, loop.steps_per_epoch(held, settings), [0], [], []

    def breaking(state, data, loss, settings, rate):
        calls[0] += 1
        rates.append(rate)
        value = plain_step(state, data, loss, settings, rate)
        if calls[0] == steps + 3:
            with torch.no_grad():
                state.network.kernel[0].fill_(math.nan)
            return math.nan
        return value

    monkeypatch.setattr(loop, "take_step", breaking)
    state = loop.train(begin(settings), held, settings, say=said.append)
    assert said == ["the loss is no longer a number: back to epoch 1, at half the rate"]
    assert calls[0] == 3 * steps + 3
    assert rates[steps + 3] == pytest.approx(rates[steps] / 2)
    assert len(state.history) == 3 and all(math.isfinite(e.esr) for e in state.history)


def test_resuming_is_the_same_run(ready, tmp_path):
    held, settings = ready
    settings = replace(settings, epochs=4)
    path, steps = tmp_path / "amp.checkpoint", loop.steps_per_epoch(held, settings)
    whole = loop.train(begin(settings), held, settings)

    cut = begin(settings)
    stop = lambda: cut.step >= 2 * steps + steps // 2  # noqa: E731
    loop.train(
        cut, held, settings, stop,
        after_epoch=lambda state, epoch: None if stop() else checkpoint.save(path, state, settings, "mark"),
    )  # fmt: skip
    assert len(cut.history) == 2
    known, dump = checkpoint.settings_in(path, "mark")
    assert known == settings
    resumed = loop.train(checkpoint.restore(known, dump), held, known)
    assert len(resumed.history) == 4
    for part in ("average", "best"):
        assert all(torch.equal(getattr(resumed, part)[k], v) for k, v in getattr(whole, part).items())
    assert [replace(e, seconds=0) for e in resumed.history] == [replace(e, seconds=0) for e in whole.history]
    with pytest.raises(RigError, match="other recordings"):
        checkpoint.settings_in(path, "another mark")


def huge(shape: tuple[int, ...]) -> torch.Tensor:
    """Of next to no bytes in a file."""
    return torch.zeros(1).expand(shape)


SPOILT = {
    "stride 0 and huge": lambda held: held["state"]["average"].update(output_bias=huge((4_000_000_000,))),
    "stride 0 of the right shape": lambda held: held["state"]["network"].update(input_bias=huge((4,))),
    "a part missing": lambda held: held["state"].pop("generator"),
    "a weight missing": lambda held: held["state"]["best"].pop("output"),
    "no settings": lambda held: held.pop("settings"),
    "a shape": lambda held: held["state"]["network"].update(output=torch.zeros(3, 3)),
    "a kind": lambda held: held["state"]["average"].update(output_bias=torch.zeros(1, dtype=torch.float64)),
    "sparse": lambda held: held["state"]["average"].update(output_bias=torch.zeros(1).to_sparse()),
    "no tensor": lambda held: held["state"]["average"].update(output_bias=[0.0]),
    "no numbers": lambda held: held["state"]["network"]["output_bias"].fill_(math.nan),
    "the optimiser's": lambda held: held["state"]["optimiser"]["state"][0].update(mean=huge((9, 9, 99_999_999))),
    "the optimiser's groups": lambda held: held["state"]["optimiser"]["param_groups"].clear(),
    "a step": lambda held: held["state"].update(step=10**400),
    "seconds": lambda held: held["state"].update(seconds=-math.inf),
    "a huge size": lambda held: held["settings"]["size"].update(channels=10**9),
    "no size": lambda held: held["settings"].update(size=7),
    "a device": lambda held: held["settings"].update(device="meta"),
    "a knob": lambda held: held["settings"].update(knob=[10**400]),
    "endless": lambda held: held["settings"].update(epochs=None, minutes=None),
    "an epoch": lambda held: held["state"]["history"].append({"number": 1}),
}


@pytest.fixture(scope="module")
def first_epoch(tmp_path_factory) -> bytes:
    """A checkpoint after an epoch."""
    dry = guitar(np.random.default_rng(3), 2.0)
    settings = Settings(size=TINY, segment=512, batch_size=2, epochs=1)
    held = data.prepare([capture.Capture(dry, amp(dry), RATE, 0, ())], TINY.receptive_field, 512, True)
    path = tmp_path_factory.mktemp("saved") / "amp.checkpoint"
    checkpoint.save(path, loop.train(begin(settings), held, settings), settings, "mark")
    return path.read_bytes()


@pytest.fixture
def saved(first_epoch, tmp_path) -> Path:
    path = tmp_path / "amp.checkpoint"
    path.write_bytes(first_epoch)
    return path


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_checkpoint_is_refused_in_one_line(saved, how):
    held = torch.load(saved, weights_only=True)
    SPOILT[how](held)
    torch.save(held, saved)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(RigError, match="is no checkpoint of this version of rig train") as error:
        checkpoint.settings_in(saved, "mark")
    assert "\n" not in str(error.value) and len(str(error.value)) < 400
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 18  # KB


def test_a_checkpoint_packed_otherwise_is_refused(saved, tmp_path):
    with zipfile.ZipFile(saved) as plain:
        content = {name: plain.read(name) for name in plain.namelist()}
    for how, kind, keep in (("dense", zipfile.ZIP_DEFLATED, None), ("short", zipfile.ZIP_STORED, 4)):
        with zipfile.ZipFile(tmp_path / how, "w", kind) as packed:
            for name, part in content.items():
                packed.writestr(name, part[:keep] if "/data/" in name else part)
        with pytest.raises(RigError, match="is no checkpoint"):
            checkpoint.settings_in(tmp_path / how, "mark")
    (tmp_path / "cut").write_bytes(saved.read_bytes()[:-2000])
    (tmp_path / "text").write_text("none")
    for name in ("cut", "text"):
        with pytest.raises(RigError, match="is no checkpoint"):
            checkpoint.settings_in(tmp_path / name, "mark")
    (tmp_path / "folder").mkdir()
    with pytest.raises(RigError, match="a folder, not a file"):
        checkpoint.settings_in(tmp_path / "folder", "mark")


# ---- the command


def test_train_learns_an_amp_and_says_so(sides, tmp_path, capsys):
    dry, wet = sides
    target = tmp_path / "my-amp.json"
    assert main(["train", str(dry), str(wet), "-o", str(target), *OPTIONS, "--epochs", "10", "--json"]) == 0
    out, err = capsys.readouterr()
    (line,) = out.splitlines()
    result = json.loads(line)
    assert set(result) == {"model", "esr", "esr_preemphasis", "epochs", "seconds"}
    assert result["model"] == str(target)
    assert result["epochs"] == 10
    assert result["esr"] < 0.03
    assert "epoch 10/10" in err
    assert names(tmp_path) == {"dry.wav", "wet.wav", "my-amp.json", "my-amp.toml", "my-amp.png", "my-amp.checkpoint"}
    assert (tmp_path / "my-amp.png").read_bytes()[:4] == b"\x89PNG"

    model = load_model(target)
    assert (model.name, model.sample_rate) == ("my-amp", RATE)
    assert model.metadata["esr"] == pytest.approx(result["esr"], abs=1e-6)
    recorded, raw = soundfile.read(wet)[0], soundfile.read(dry, dtype="float32")[0]
    played = player.run(model, raw)
    assert losses.esr(torch.from_numpy(recorded), torch.from_numpy(played)) < 2 * result["esr"] + 0.005


def test_same_seed_same_model(sides, tmp_path):
    weights = []
    for name, seed in (("a", "5"), ("b", "5"), ("c", "6")):
        target = tmp_path / f"{name}.json"
        options = [*OPTIONS, "--epochs", "1", "--seed", seed, "--no-report"]
        assert main(["train", *map(str, sides), "-o", str(target), *options]) == 0
        weights.append(json.loads(target.read_text())["variables"])
        assert not target.with_suffix(".png").exists()
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]


def test_resume_goes_on_and_refuses_another_network(sides, tmp_path, capsys):
    target = tmp_path / "amp.json"
    start = ["train", *map(str, sides), "-o", str(target), "--no-report"]
    assert main([*start, *OPTIONS, "--epochs", "2"]) == 0
    assert main([*start, "--resume", "--epochs", "3"]) == 0
    err = capsys.readouterr().err
    assert "epoch 3/3" in err and "epoch 1/3" not in err
    assert main([*start, "--resume", "--channels", "8"]) == 1
    assert "leave the size's options out" in capsys.readouterr().err
    assert main(["train", *map(str, sides), "-o", str(tmp_path / "new.json"), "--resume"]) == 1
    assert "no checkpoint" in capsys.readouterr().err


def test_a_model_that_is_there_is_written_over_only_when_told_to(sides, tmp_path, capsys):
    target = tmp_path / "amp.json"
    start = ["train", *map(str, sides), "-o", str(target), "--no-report", *OPTIONS]
    assert main([*start, "--epochs", "1"]) == 0
    before = {path.name: path.stat() for path in tmp_path.iterdir()}
    for more in ([], ["--resume", str(sides[0])]):
        capsys.readouterr()
        assert main([*start, "--epochs", "2", *more]) == 1
        assert "amp.json' is there already: name another, or write over it with --force" in capsys.readouterr().err
    assert main([*start[:-4], "--epochs", "2", "--dry-run"]) == 0
    other = [str(tmp_path / "amp.nam") if word == str(target) else word for word in start]
    assert main([*other, "--epochs", "2"]) == 1  # another model, but the checkpoint is this one's
    assert "amp.checkpoint' is there already" in capsys.readouterr().err
    assert {path.name: path.stat() for path in tmp_path.iterdir()} == before
    assert main([*start, "--epochs", "2", "--resume", str(target.with_suffix(".checkpoint"))]) == 0
    assert main([*start, "--epochs", "1", "--force"]) == 0
    assert json.loads(target.read_text())["settings"]["epochs"] == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_exports_the_best_epoch(sides, tmp_path, how):
    target = tmp_path / "amp.json"
    command = [
        sys.executable,
        "-c",
        "import sys; from rig.cli import main; sys.exit(main())",
        "train",
        *map(str, sides),
    ]
    process = subprocess.Popen(
        leashed([*command, "-o", str(target), *OPTIONS, "--minutes", "5", "--json", "--no-report"]),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith("epoch 3 "):
            break
    process.send_signal(how)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    seen = [line for line in [*lines, *err.splitlines()] if line.startswith("epoch ")]
    scores = [float(line.split("ESR ")[1].split()[0]) for line in seen]
    result = json.loads(out.splitlines()[-1])
    assert len(scores) == result["epochs"] >= 3
    assert result["esr"] <= min(scores) * 1.2 + 1e-4  # best is by both ratios together
    assert load_model(target).metadata["esr"] == pytest.approx(result["esr"], abs=1e-6)
    assert names(tmp_path) == {"dry.wav", "wet.wav", "amp.json", "amp.toml", "amp.checkpoint"}


def test_a_file_that_plays_differently_is_refused(sides, tmp_path, monkeypatch, capsys):
    plain = export.play
    monkeypatch.setattr(export, "play", lambda path, dry: plain(path, dry) + 2e-4)
    before = names(tmp_path)
    assert main(["train", *map(str, sides), "-o", str(tmp_path / "amp.json"), *OPTIONS, "--epochs", "1"]) == 1
    assert "the C engine plays the exported model 0.0002 away from PyTorch" in capsys.readouterr().err
    assert names(tmp_path) == before | {"amp.toml", "amp.checkpoint"}


def test_nothing_learnt_is_nothing_exported(ready, tmp_path, rng):
    held, settings = ready
    dry = guitar(rng, 2.0)
    taken = capture.Capture(dry, amp(dry), RATE, 0, ())
    with pytest.raises(RigError, match="nothing was learnt"):
        Keeper(tmp_path / "amp.json", "amp", held, [taken], settings).keep(begin(settings))
    assert names(tmp_path) == set()


def test_help_needs_no_torch():
    code = (
        "import sys; from rig.cli import main\n"
        "try: main(['train', '--help'])\n"
        "except SystemExit: pass\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--batch-size" in done.stdout
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("size", SIZES)
def test_named_sizes(size):
    known = {"medium": (8, 18, 2045), "standard": (16, 10, 2047), "large": (16, 18, 2045)}
    chosen = SIZES[size]
    if size in known:
        assert (chosen.channels, len(chosen.dilations), chosen.receptive_field) == known[size]
    assert random_network(chosen).receptive_field == chosen.receptive_field


# ---- what is shipped


@pytest.mark.parametrize("path", sorted((ROOT / "presets" / "models").glob("*.json")), ids=lambda p: p.stem)
def test_shipped_models_say_how_good_they_are(path):
    model = load_model(path)
    assert model.name == path.stem
    assert model.sample_rate == 48_000
    assert 0 < model.metadata["esr"] <= 0.02
    assert 0 < model.metadata["esr_preemphasis"] <= 0.02
    assert model.metadata["loudness"] == pytest.approx(-18, abs=0.1)
    assert path.stat().st_size < 1_000_000


def test_shipped_cabinets_are_those_of_the_recipe(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "presets" / "recipes"))
    import cabs

    for cabinet in cabs.CABINETS:
        shipped, rate = soundfile.read(cabs.CABS / f"{cabinet.name}.wav")
        assert rate == cabs.RATE
        np.testing.assert_allclose(shipped, cabs.impulse_response(cabinet), atol=1e-6)
        assert np.sum(shipped[:200] ** 2) > 0.99 * np.sum(shipped**2)  # minimum phase: the energy comes first


def test_the_demo_take_loops():
    take, rate = soundfile.read(ROOT / "presets" / "demo.flac")
    assert (rate, len(take), take.ndim) == (48_000, 15 * 48_000, 1)
    assert 20 * math.log10(np.abs(take).max()) == pytest.approx(-6, abs=0.1)
    assert abs(take[0] - take[-1]) < np.abs(np.diff(take)).max() / 2


# ---- captures

SHORT = "only 3.0 s long, and a model knows only what it has heard: three minutes, soft and loud, are good"


@pytest.mark.parametrize("delay", [0, 37, 1500, -37, -801])
@pytest.mark.parametrize("polarity", [1, -1])
def test_the_delay_between_the_sides_is_found_and_removed(tmp_path, rng, delay, polarity):
    dry = guitar(rng)
    late = polarity * dry
    late = np.pad(late, (delay, 0))[: len(dry)] if delay >= 0 else np.pad(late[-delay:], (0, -delay))
    soundfile.write(tmp_path / "dry.wav", dry, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "wet.wav", late, RATE, subtype="FLOAT")
    taken = capture.read(tmp_path / "dry.wav", tmp_path / "wet.wav")
    assert taken.delay == delay
    assert len(taken.dry) == len(taken.wet) == len(dry) - abs(delay)
    np.testing.assert_array_equal(taken.wet[: 2 * RATE], polarity * taken.dry[: 2 * RATE])
    said = " ".join(taken.notes)
    assert (f"wet is {abs(delay)} samples" in said) == (delay != 0)
    assert ("late" in said, "early" in said) == (delay > 0, delay < 0)
    assert ("upside down" in said) == (polarity < 0)


def test_a_slow_device_is_not_brought_before_its_cause(tmp_path, rng):
    dry = guitar(rng)
    slow = np.convolve(dry, np.exp(-np.arange(200) / 40))[
        : len(dry)
    ]  # its correlation peaks late, but it starts at once
    soundfile.write(tmp_path / "dry.wav", dry, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "wet.wav", np.tanh(slow), RATE, subtype="FLOAT")
    assert capture.read(tmp_path / "dry.wav", tmp_path / "wet.wav").delay <= 0


def test_sides_that_do_not_belong_together_are_refused(sides, tmp_path, rng, capsys):
    soundfile.write(tmp_path / "other.wav", amp(guitar(rng)), RATE)
    before = names(tmp_path)
    words = ["train", str(tmp_path / "dry.wav"), str(tmp_path / "other.wav"), "-o", str(tmp_path / "amp.json")]
    assert main([*words, "--epochs", "1"]) == 1
    assert "wet does not answer dry" in capsys.readouterr().err
    assert names(tmp_path) == before
    told = capture.read(tmp_path / "dry.wav", tmp_path / "other.wav", 99)
    assert told.delay == 99 and len(told.dry) == 3 * RATE - 99
    assert "wet is 99 samples" in " ".join(told.notes)


@pytest.mark.parametrize(("seconds", "start"), [(90, 0), (60, 60), (30, 150)])
def test_a_part_of_a_real_take_is_found_wherever_it_is_from(shared, seconds, start):
    dry, rate = soundfile.read(shared / "audio" / "di.flac", dtype="float32")
    wet, _ = soundfile.read(shared / "audio" / "chump.flac", dtype="float32", start=start * rate, frames=seconds * rate)
    found = find_delay(dry, wet, rate)
    assert found and abs(found.frames + start * rate) <= OWN  # the amp's own filters


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [
        ("wav", "PCM_16", 4e-5),
        ("wav", "PCM_24", 2e-7),
        ("wav", "PCM_32", 1e-7),
        ("wav", "FLOAT", 0),
        ("flac", "PCM_24", 2e-7),
    ],
)
def test_any_bit_depth(tmp_path, rng, suffix, subtype, tolerance):
    dry = guitar(rng)
    for side in ("dry", "wet"):
        soundfile.write(tmp_path / f"{side}.{suffix}", dry, RATE, subtype=subtype)
    taken = capture.read(tmp_path / f"dry.{suffix}", tmp_path / f"wet.{suffix}")
    np.testing.assert_allclose(taken.dry, dry, atol=tolerance)
    assert taken.sample_rate == RATE
    assert taken.notes == (SHORT,)


def test_stereo_is_left_and_the_longer_is_trimmed(tmp_path, rng):
    dry = guitar(rng)
    other = guitar(rng)
    soundfile.write(tmp_path / "dry.wav", np.stack([dry, other], 1), RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "wet.wav", np.pad(amp(dry), (0, 777)), RATE, subtype="FLOAT")
    taken = capture.read(tmp_path / "dry.wav", tmp_path / "wet.wav")
    np.testing.assert_array_equal(taken.dry, dry)
    assert len(taken.wet) == len(dry)
    assert taken.notes[:3] == (
        "dry has 2 channels: the first (left) is used",
        "wet is 777 samples (0.05 s) longer: only what both have is used",
        SHORT,
    )


def test_clipping_is_said(tmp_path, rng):
    dry = guitar(rng)
    soundfile.write(tmp_path / "dry.wav", dry, RATE)
    soundfile.write(tmp_path / "wet.wav", np.clip(9 * dry, -1, 1), RATE)
    assert "wet clips" in " ".join(capture.read(tmp_path / "dry.wav", tmp_path / "wet.wav").notes)


FAULTS = {
    "missing": "no file",
    "folder": "a folder, not a file",
    "empty": "the file is empty",
    "headed": "holds no sound",
    "text": "is no sound file",
    "silent": "is silent",
    "nan": "not numbers",
    "rate": "different sample rates: dry .* 16000 Hz, wet .* 48000 Hz",
    "short": "too short: 0.50 s",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_recordings_are_one_line_and_leave_nothing(sides, tmp_path, rng, fault, capsys):
    dry, wet = sides
    tone = guitar(rng)
    if fault in ("missing", "folder"):
        wet.unlink()
        if fault == "folder":
            wet.mkdir()
    elif fault == "empty":
        wet.write_bytes(b"")
    elif fault == "text":
        wet.write_text("RIFF, they said. " * 100)
    elif fault == "rate":
        soundfile.write(wet, tone, 48000)
    else:
        spoilt = {
            "headed": tone[:0],
            "silent": 0 * tone,
            "nan": tone.copy(),
            "short": amp(soundfile.read(dry)[0])[: RATE // 2],
        }
        spoilt["nan"][99] = np.nan
        soundfile.write(wet, spoilt[fault], RATE, subtype="FLOAT")
    before = names(tmp_path)
    assert main(["train", str(dry), str(wet), "-o", str(tmp_path / "amp.json"), "--epochs", "1"]) == 1
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert out == ""
    assert re.search(FAULTS[fault], line), line
    assert names(tmp_path) == before


@pytest.mark.parametrize(
    ("output", "said"), [("amp.txt", "ends in .json"), ("nowhere/amp.json", "no folder"), ("taken.json", "is a folder")]
)
def test_a_target_that_cannot_be_is_said_before_training(sides, tmp_path, capsys, output, said):
    (tmp_path / "taken.json").mkdir()
    assert main(["train", *map(str, sides), "-o", str(tmp_path / output), "--epochs", "1"]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_one_line(sides, tmp_path, capsys):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert main(["train", *map(str, sides), "-o", str(locked / "amp.json"), "--epochs", "1"]) == 1
    assert "cannot write" in capsys.readouterr().err
