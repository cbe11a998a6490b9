"""`.nam` files against the package that writes them: whatever it can export sounds here as it does there.

`neural-amp-modeler` brings 60 packages along, so it is no dependency, not even of the tests: they skip without it.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from reference import forward

from rig.models.formats import Model, load_model

torch = pytest.importorskip("torch")
pytest.importorskip("nam.models.wavenet", reason="needs the package neural-amp-modeler")

from nam.models.conv_net import ConvNet  # noqa: E402
from nam.models.linear import Linear  # noqa: E402
from nam.models.recurrent import LSTM  # noqa: E402
from nam.models.wavenet import PackedWaveNet, WaveNet  # noqa: E402

FRAMES = 400
PAIRED = ("Tanh", "Sigmoid", "ReLU", "SiLU", "Hardswish", "ELU", "Identity", "Hardtanh", "ReLU6", "LeakyReLU", "PReLU")
PLAIN = (*PAIRED, "Softsign", "Softsigmoid", "LeakyHardtanh")
SET = (
    {"name": "LeakyReLU", "negative_slope": 0.2},
    {"name": "Hardtanh", "min_val": -0.3, "max_val": 0.4},
    {"name": "LeakyHardtanh", "min_val": -0.2, "max_val": 0.3, "min_slope": 0.1, "max_slope": 0.2},
    {"name": "PReLU"},
)
"""Activations with their parameters set."""
FILMS = (
    "conv_pre_film",
    "conv_post_film",
    "input_mixin_pre_film",
    "input_mixin_post_film",
    "activation_pre_film",
    "activation_post_film",
    "layer1x1_post_film",
    "head1x1_post_film",
)


def exported(folder: Path, model: torch.nn.Module, monkeypatch: pytest.MonkeyPatch) -> Model:
    """What rig reads of a model as the package exports it. What the package would measure of its loudness is left out."""
    monkeypatch.setattr(type(model), "_get_non_user_metadata", lambda self: {})
    model.sample_rate = 48_000
    for module in model.modules():
        if isinstance(module, torch.nn.PReLU) and module.weight.numel() > 1:
            torch.nn.init.uniform_(module.weight, 0.0, 0.5)
    model.eval()
    model.export(folder)
    model.double()
    return load_model(folder / "model.nam")


def sound(model: torch.nn.Module, x: np.ndarray) -> np.ndarray:
    """The package's own output, warmed up on silence."""
    with torch.no_grad():
        return model(torch.from_numpy(x), pad_start=True).numpy()


def compare(found: Model, x: np.ndarray, expected: np.ndarray) -> None:
    y = forward(found.network, x, found.network.receptive_field)
    assert np.abs(expected).max() > 1e-9
    assert np.abs(y - expected).max() < 1e-6 * max(1.0, np.abs(expected).max())


class Dice:
    """A random configuration of everything that the exporter can write."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def often(self, chance: float) -> bool:
        return bool(self.rng.random() < chance)

    def pick(self, *values):
        return values[self.rng.integers(len(values))]

    def divisor(self, *sizes: int) -> int:
        """A number of groups that all the sizes part into."""
        return int(self.pick(*(n for n in range(1, min(sizes) + 1) if all(size % n == 0 for size in sizes))))

    def activation(self, channels: int):
        if self.often(0.3):
            name = self.pick("PairMultiply", "PairBlend")
            return {"name": name, "primary": self.pick(*PAIRED), "secondary": self.pick(*PAIRED)}
        if self.often(0.4):
            return self.pick({"name": "PReLU", "num_parameters": channels, "init": 0.3}, *SET)
        return self.pick(*PLAIN)

    def array(self, inputs: int, conditions: int, heads: int | None, outs: int | None) -> dict:
        """heads: how wide its sum of heads must be, None: any. outs: how many heads it hands on, None: any."""
        channels = int(self.pick(1, 2, 3, 4, 6))
        layer1x1 = self.often(0.8)
        head1x1 = self.often(0.4)
        bottleneck = int(self.pick(1, 2, 4)) if layer1x1 else channels
        if heads and not head1x1:
            bottleneck, layer1x1 = heads, layer1x1 or heads != channels
        widths = heads or int(self.pick(1, 2, 3, 4))
        depth = int(self.pick(1, 2, 3))
        activation = [self.activation(bottleneck) for _ in range(depth)] if self.often(0.5) else self.pick(*PLAIN)
        wide = {bottleneck}
        for one in activation if isinstance(activation, list) else [activation]:
            wide.add(2 * bottleneck if isinstance(one, dict) and "primary" in one else bottleneck)
        films = {
            key: {"active": True, "shift": self.often(0.5), "groups": self.divisor(conditions, size)}
            for key, size in zip(
                FILMS,
                (channels, bottleneck, conditions, bottleneck, bottleneck, bottleneck, channels, widths),
                strict=True,
            )
            if self.often(0.35)
            and not (key == "layer1x1_post_film" and not layer1x1)
            and not (key == "head1x1_post_film" and not head1x1)
        }
        return {
            "input_size": inputs,
            "condition_size": conditions,
            "channels": channels,
            "kernel_sizes": [int(self.pick(1, 2, 3, 5)) for _ in range(depth)] if self.often(0.5) else 3,
            "dilations": [int(self.pick(1, 2, 3, 7)) for _ in range(depth)],
            "activation": activation,
            "bottleneck": bottleneck,
            "head": {
                "out_channels": outs or int(self.pick(1, 2, 3)),
                "kernel_size": int(self.pick(1, 1, 4)),
                "bias": self.often(0.5),
            },
            "head_1x1_config": {
                "active": head1x1,
                "out_channels": widths,
                "groups": self.divisor(bottleneck, widths) if head1x1 else 1,
            },
            "layer_1x1_config": {"active": layer1x1, "groups": self.divisor(bottleneck, channels) if layer1x1 else 1},
            "groups_input": self.divisor(channels, *wide),
            "groups_input_mixin": self.divisor(conditions, *wide),
            "film_params": films,
        }

    def wavenet(self, outs: int = 1, depth: int = 0) -> dict:
        condition = None
        conditions = 1
        if depth < 2 and self.often(0.4):
            conditions = int(self.pick(1, 2, 4))
            condition = {"name": "WaveNet", "config": self.wavenet(conditions, depth + 1)}
        count = int(self.pick(1, 1, 2, 3))
        head = None
        if self.often(0.3):
            head = {
                "channels": int(self.pick(1, 3)),
                "activation": self.pick(*PLAIN, *SET, {"name": "ELU", "alpha": 0.7}),
                "out_channels": outs,
                "kernel_sizes": [int(self.pick(1, 3)) for _ in range(int(self.pick(1, 2, 3)))],
            }
        arrays: list[dict] = []
        for i in range(count):
            last = arrays[-1] if arrays else None
            arrays.append(
                self.array(
                    last["channels"] if last else 1,
                    conditions,
                    last["head"]["out_channels"] if last else None,
                    outs if i + 1 == count and head is None else None,
                )
            )
        return {
            "layers_configs": arrays,
            "head": head,
            "head_scale": float(self.pick(0.02, 0.5, 1.0)),
            "condition_dsp": condition,
        }


@pytest.mark.parametrize("seed", range(40))
def test_wavenets_of_every_configuration(tmp_path, monkeypatch, seed):
    dice = Dice(seed)
    torch.manual_seed(seed)
    model = WaveNet.init_from_config(dice.wavenet())
    x = dice.rng.uniform(-1, 1, FRAMES)
    found = exported(tmp_path, model, monkeypatch)
    assert found.network.receptive_field == model.receptive_field
    compare(found, x, sound(model, x))


def plain(channels: int, inputs: int = 1, outs: int = 1, **more: object) -> dict:
    return {
        "input_size": inputs,
        "condition_size": 1,
        "channels": channels,
        "kernel_size": 3,
        "dilations": [1, 2, 4],
        "activation": "Tanh",
        "head": {"out_channels": outs, "kernel_size": 1, "bias": True},
        **more,
    }


@pytest.mark.parametrize("activation", ["Tanh", {"name": "PairMultiply", "primary": "Tanh", "secondary": "Sigmoid"}])
@pytest.mark.parametrize("allowed", [None, [2, 3, 6], [5]], ids=str)
def test_slimmable_wavenets(tmp_path, monkeypatch, activation, allowed):
    kwargs = {} if allowed is None else {"allowed_channels": allowed}
    slimmable = {"method": "slice_channels_uniform", "kwargs": kwargs}
    array = plain(6, activation=activation, slimmable=slimmable)
    model = WaveNet.init_from_config({"layers_configs": [array], "head_scale": 0.5})
    x = np.random.default_rng(1).uniform(-1, 1, FRAMES)
    found = exported(tmp_path, model, monkeypatch)
    assert len(found.variants) == (6 if allowed is None else len(allowed))
    for quality in (0.0, 0.2, 1 / 3, 0.34, 0.5, 0.67, 0.99, 1.0):
        model._net.set_slimming(quality)
        compare(found.at(quality), x, sound(model, x))


def test_packed_wavenets(tmp_path, monkeypatch):
    submodels = [
        {"name": name, "config": {"layers_configs": [plain(channels)], "head_scale": 0.5}}
        for name, channels in (("small", 2), ("large", 5))
    ]
    monkeypatch.setattr(WaveNet, "_get_non_user_metadata", lambda self: {})
    model = PackedWaveNet.init_from_config({"submodels": submodels})
    x = np.random.default_rng(1).uniform(-1, 1, FRAMES)
    found = exported(tmp_path, model, monkeypatch)
    assert [variant.limit for variant in found.variants] == [0.5, 1.0]
    small, large = sound(model, x)
    compare(found.at(0.0), x, small)
    compare(found.at(1.0), x, large)


@pytest.mark.parametrize("layers", [1, 3])
def test_lstms(tmp_path, monkeypatch, layers):
    torch.manual_seed(2)
    model = LSTM(hidden_size=7, num_layers=layers)
    x = np.random.default_rng(1).uniform(-1, 1, FRAMES)
    found = exported(tmp_path, model, monkeypatch)
    with torch.no_grad():
        hidden, cell = model._get_initial_state(torch.zeros((1, 48_000, 1), dtype=torch.float64))
        expected = model._forward(torch.from_numpy(x)[None], (hidden, cell))[0].numpy()
    np.testing.assert_allclose(forward(found.network, x), expected, atol=1e-6)


@pytest.mark.parametrize("activation", ["Tanh", "ReLU", "Softsign", "LeakyReLU", "LeakyHardtanh"])
@pytest.mark.parametrize("batchnorm", [False, True], ids=["bias", "batchnorm"])
def test_convnets(tmp_path, monkeypatch, batchnorm, activation):
    torch.manual_seed(2)
    model = ConvNet(channels=5, dilations=[1, 2, 5], batchnorm=batchnorm, activation=activation)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            torch.nn.init.normal_(module.running_mean)
            torch.nn.init.uniform_(module.running_var, 0.1, 2.0)
            torch.nn.init.normal_(module.weight)
            torch.nn.init.normal_(module.bias)
    x = np.random.default_rng(1).uniform(-1, 1, FRAMES)
    found = exported(tmp_path, model, monkeypatch)
    compare(found, x, sound(model, x))


@pytest.mark.parametrize("bias", [False, True])
def test_linear_models(tmp_path, monkeypatch, bias):
    model = Linear(receptive_field=37, bias=bias)
    x = np.random.default_rng(1).uniform(-1, 1, FRAMES)
    found = exported(tmp_path, model, monkeypatch)
    compare(found, x, sound(model, x))


def test_an_export_with_all_its_metadata(tmp_path):
    model = WaveNet.init_from_config({"layers_configs": [plain(2)], "head_scale": 0.5})
    model.sample_rate = 48_000
    model.export(tmp_path)
    content = json.loads((tmp_path / "model.nam").read_text())
    found = load_model(tmp_path / "model.nam")
    assert found.sample_rate == 48_000
    assert found.loudness_db == content["metadata"]["loudness"]
