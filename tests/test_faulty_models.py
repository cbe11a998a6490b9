"""Model files that are none, or damaged: whatever a file holds, the answer is a model or one line, soon and in little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_files import check_arrays, variable, write
from networks import FILM_KEYS, guitarml, keras, nam_a1, nam_array, nam_lstm, nam_wavenet, proteus, smartamppro

from rig.errors import RigError
from rig.models.formats import load_model


def put(content: object, path: tuple[object, ...], value: object) -> None:
    """Put a value where keys and places, one inside the other, lead to."""
    *inside, last = path
    for key in inside:
        content = content[key]
    content[last] = value


def fault(path: Path) -> str:
    """The one line that loading `path` fails with, without the path it must start with."""
    with pytest.raises(RigError) as caught:
        load_model(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line.removeprefix(f"{path}: ")


def test_a_wrong_count_says_what_the_architecture_needs(tmp_path, rng):
    content = guitarml(rng, channels=16, dilations=(1, 2, 4, 8))
    variable(content, 3, "W_conv")["data"] = [0.0] * 100
    assert fault(write(tmp_path, content)) == "layer 3 W_conv has 100 numbers, 16 channels x 3 taps gated need 1536"


def test_a_wrong_count_of_the_output_layer(tmp_path, rng):
    content = guitarml(rng, channels=4, dilations=(1, 2))
    variable(content, 2, "W")["data"].pop()
    assert fault(write(tmp_path, content)) == "output layer W has 7 numbers, 2 layers x 4 channels need 8"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "layer 1 W_out, number 3 is nan, which is no number we can use"),
        (float("inf"), "layer 1 W_out, number 3 is inf, which is no number we can use"),
        ("NaN", "layer 1 W_out, number 3 is 'NaN', which is no number we can use"),
        ("-infinity", "layer 1 W_out, number 3 is '-infinity', which is no number we can use"),
        (1e39, "layer 1 W_out, number 3 is 1e+39, which is no number we can use"),  # past float32
        ("1e400", "layer 1 W_out, number 3 is '1e400', which is no number we can use"),
        (10**400, "layer 1 W_out, number 3 is 1" + "0" * 36 + "..., which is no number we can use"),
        ("0.5x", "layer 1 W_out, number 3 is '0.5x', which is no number we can use"),
        ("", "layer 1 W_out, number 3 is '', which is no number we can use"),
        (None, "layer 1 W_out, number 3: must be a number, not null"),
        (True, "layer 1 W_out, number 3: must be a number, not true or false"),
        ([0.5], "layer 1 W_out, number 3: must be a number, not a list"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_weight_that_is_no_number(tmp_path, rng, value, expected):
    content = guitarml(rng)
    variable(content, 1, "W_out")["data"][2] = value
    assert fault(write(tmp_path, content)) == expected


def test_an_unknown_activation_names_the_nearest(tmp_path, rng):
    path = write(tmp_path, guitarml(rng) | {"activation": "gatd"})
    assert fault(path) == "unknown activation 'gatd'; did you mean 'gated'?"


def test_an_activation_near_nothing_lists_all(tmp_path, rng):
    path = write(tmp_path, guitarml(rng) | {"activation": 3})
    assert fault(path).startswith("unknown activation 3; known: gated, tanh, ")


@pytest.mark.parametrize(
    "key", ["activation", "input_channels", "output_channels", "residual_channels", "filter_width", "dilations"]
)
def test_a_missing_key(tmp_path, rng, key):
    content = guitarml(rng)
    del content[key]
    assert fault(write(tmp_path, content)) == f"'{key}' is missing"


@pytest.mark.parametrize(
    ("layer", "name", "place"), [(-1, "b", "input layer"), (1, "b_conv", "layer 1"), (3, "W", "output layer")]
)
def test_a_missing_and_a_doubled_variable(tmp_path, rng, layer, name, place):
    content = guitarml(rng)
    chosen = variable(content, layer, name)
    content["variables"].append(chosen)
    assert fault(write(tmp_path, content)) == f"{place} {name} is there twice"
    content["variables"] = [v for v in content["variables"] if v is not chosen]
    assert fault(write(tmp_path, content)) == f"{place} {name} is missing"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"residual_channels": 0}, "residual_channels is 0; 1 to 1024 is possible"),
        ({"residual_channels": -16}, "residual_channels is -16; 1 to 1024 is possible"),
        ({"residual_channels": 10**9}, "residual_channels is 1000000000; 1 to 1024 is possible"),
        ({"residual_channels": 4.5}, "residual_channels is 4.5, which is no whole number"),
        ({"residual_channels": "many"}, "residual_channels is 'many', which is no number we can use"),
        ({"residual_channels": True}, "residual_channels must be a number, not true or false"),
        ({"residual_channels": None}, "residual_channels must be a number, not null"),
        ({"filter_width": 0}, "filter_width is 0; 1 to 1024 is possible"),
        ({"filter_width": 10**30}, "filter_width is 1" + "0" * 30 + "; 1 to 1024 is possible"),
        ({"dilations": []}, "dilations lists 0 layers; 1 to 1000 are possible"),
        ({"dilations": [1] * 1001}, "dilations lists 1001 layers; 1 to 1000 are possible"),
        ({"dilations": [1, 0, 4]}, "dilations, layer 1 is 0; 1 to 1048576 is possible"),
        ({"dilations": [1, "two", 4]}, "dilations, layer 1 is 'two', which is no number we can use"),
        ({"dilations": 4}, "dilations must be a list [...], not a number"),
        ({"dilations": [2**19] * 2}, "its receptive field is 2097153 samples; at most 1048576 are possible"),
        ({"variables": {}}, "variables must be a list [...], not an object"),
        ({"variables": [7]}, "variable 1 must be an object {...}, not a number"),
        ({"variables": [{"name": "W", "data": []}]}, "variable 1 has no 'layer_idx'"),
        ({"sample_rate": 48}, "sample_rate is 48; 1000 to 1000000 is possible"),
        ({"sample_rate": 10**9}, "sample_rate is 1000000000; 1000 to 1000000 is possible"),
        ({"level_adjust": float("nan")}, "level_adjust is nan, which is no number we can use"),
        ({"level_adjust": 1e9}, "level_adjust is 1e+09; at most 1000 is possible"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_absurd_values(tmp_path, rng, change, expected):
    assert fault(write(tmp_path, guitarml(rng) | change)) == expected


def test_declared_sizes_are_refused_before_anything_is_set_aside(tmp_path, rng):
    huge = {"residual_channels": 1024, "filter_width": 1024, "dilations": [1] * 900}
    path = write(tmp_path, guitarml(rng) | huge)
    assert "weights; at most 524288 are possible" in fault(path)
    deep = {"residual_channels": 256, "filter_width": 2, "dilations": [2**19]}
    assert fault(write(tmp_path, guitarml(rng) | deep)) == (
        "256 channels over a receptive field of 524289 samples are too much to remember"
    )


@pytest.mark.parametrize(
    ("layer", "name", "expected"),
    [
        (0, "W_con", "unknown variable of layer 0: 'W_con'; did you mean 'W_conv'?"),
        (0, "W_skip", "unknown variable of layer 0: 'W_skip'; known: W_conv, b_conv, W_out, b_out"),
        (4, "W_conv", "variable 3: layer_idx is 4; -1 to 3 is possible"),
        (-2, "W", "variable 3: layer_idx is -2; -1 to 3 is possible"),
        (10**40, "W", "variable 3: layer_idx is 1" + "0" * 36 + "...; -1 to 3 is possible"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_variables_of_another_architecture(tmp_path, rng, layer, name, expected):
    content = guitarml(rng, dilations=(1, 2, 4))
    content["variables"][2] |= {"layer_idx": layer, "name": name}
    assert fault(write(tmp_path, content)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ("[1, 2]", "a model file must be an object {...}, not a list"),
        ("7", "a model file must be an object {...}, not a number"),
        ("{}", "no model that rig knows: not Neural Amp Modeler ('architecture'), Proteus ('state_dict'), AIDA-X"),
        ("name = 'toml'", "a preset, not a model"),
        ("name: yaml", "no valid JSON at line 1, column 1: Expecting value"),
        ('{"activation": gated}', "no valid JSON at line 1, column 16: Expecting value"),
        ("[" * 50_000, "nested too deeply for a model"),
        ('{"a":' * 50_000, "nested too deeply for a model"),
        ('{"a":' * 100 + "1" + "}" * 100, "nested too deeply for a model"),
        ("[" * 400 + "]" * 400, "nested too deeply for a model"),
        ("[" + "1" * 5000 + "]", "no valid JSON: "),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_model_at_all(tmp_path, text, expected):
    assert fault(write(tmp_path, text)).startswith(expected)


def test_a_file_cut_short_anywhere(tmp_path, rng):
    text = json.dumps(guitarml(rng, channels=1, dilations=(1,), strings=True))
    for end in range(1, len(text), 7):
        line = fault(write(tmp_path, text[:end]))
        assert "the file ends in the middle" in line or "no valid JSON" in line


def test_truncation_is_called_by_its_name(tmp_path, rng):
    text = json.dumps(guitarml(rng))
    assert fault(write(tmp_path, text[: len(text) // 2])) == "the file ends in the middle; copy or export it again"


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "amp.json"
    path.write_bytes(b'{"activation": "\xff\xfe"}')
    assert fault(path) == "no text at byte 16, so this is no model"


def test_a_missing_file_names_its_neighbour(tmp_path, rng):
    write(tmp_path, guitarml(rng), "crunch.json")
    assert fault(tmp_path / "crunch.jsn") == "no such model file; did you mean 'crunch.json'?"


def test_a_missing_folder_names_its_neighbour(tmp_path):
    (tmp_path / "models").mkdir()
    assert fault(tmp_path / "modles" / "a.json") == "no such model file; did you mean 'models'?"


def test_a_folder_and_a_pipe(tmp_path):
    assert fault(tmp_path) == "a folder, not a file"
    os.mkfifo(tmp_path / "pipe.json")
    assert fault(tmp_path / "pipe.json") == "a device or a pipe, not a file"


def test_no_permission(tmp_path, rng):
    path = write(tmp_path, guitarml(rng))
    path.chmod(0)
    if os.geteuid() != 0:
        assert fault(path) == "out of reach: permission denied"
        return
    os.seteuid(65534)  # root may read everything; nobody may not
    try:
        assert fault(path) == "out of reach: permission denied"
    finally:
        os.seteuid(0)


def test_a_file_too_large_is_not_read(tmp_path):
    path = tmp_path / "amp.json"
    with path.open("wb") as file:
        file.truncate(300 << 20)
    assert fault(path) == "300 MB is too large for a model (at most 16 MB)"


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("weights", 0), float("nan"), "weights, number 1 is nan, which is no number we can use"),
        (("weights", 3), 1e308, "weights, number 4 is 1e+308, which is no number we can use"),
        (("weights",), [0.5] * 7, "weights has 7 numbers, its architecture needs 238"),
        (("weights",), {}, "weights must be a list [...], not an object"),
        (("architecture",), "Wavenet", "unknown architecture 'Wavenet'; did you mean 'WaveNet'?"),
        (("architecture",), "Sequential", "a Sequential: several models in a row, which no player reads from one file"),
        (("architecture",), None, "unknown architecture null; known: WaveNet, "),
        *[
            (("architecture",), name, f"a {name}, whose knobs change the network; no player reads these: train a model")
            for name in ("HyperWaveNet", "HyperConvNet", "CatWaveNet", "CatLSTM", "ParametricLSTM")
        ],
        (("config",), [], "config must be an object {...}, not a list"),
        (("config", "layers"), [], "layers lists 0 layer arrays; 1 to 128 are possible"),
        (("config", "layers"), [{}] * 129, "layers lists 129 layer arrays; 1 to 128 are possible"),
        (("config", "layers", 0, "channels"), -4, "layer array 1: channels is -4; 1 to 1024 is possible"),
        (("config", "layers", 0, "channels"), 10**12, "layer array 1: channels is 1000000000000; 1 to 1024"),
        (("config", "layers", 0, "input_size"), 3, "layer array 1: condition_size is 1, but 3 arrive"),
        (("config", "layers", 0, "dilations"), [1, 2], "layer array 1: a list of 3 for 2 layers"),
        (("config", "layers", 0, "dilations"), [1, 0, 4], "layer array 1, layer 2: dilation is 0; 1 to 1048576"),
        (("config", "layers", 0, "kernel_sizes"), None, "layer array 1, layer 1: kernel size must be a number"),
        (("config", "layers", 0, "kernel_sizes"), 1024, "weights has 238 numbers, its architecture needs 49246"),
        (
            ("config", "layers", 0, "groups_input"),
            3,
            "layer array 1, layer 1: groups_input: 4 inputs and 4 outputs do not",
        ),
        (("config", "layers", 0, "groups_input"), 0, "layer array 1: groups_input is 0; 1 to 1024 is possible"),
        (
            ("config", "layers", 0, "activation"),
            "Tan",
            "unknown activation of layer array 1, layer 1: 'Tan'; did you mean",
        ),
        (("config", "layers", 0, "activation"), {"negative_slope": 1}, "layer array 1, layer 1: 'type' is missing"),
        (("config", "layers", 0, "gating_mode"), "both", "unknown gating_mode of layer array 1: 'both'; known: none, "),
        (("config", "layers", 0, "bottleneck"), 2, "weights has 238 numbers, its architecture needs"),
        (("config", "layers", 0, "head", "out_channels"), 2, "weights has 238 numbers, its architecture needs 243"),
        (("config", "layers", 0, "head"), None, "layer array 1: 'head_size' is missing"),
        (
            ("config", "layers", 0, "layer1x1"),
            {"active": "yes"},
            "layer array 1: layer1x1: active must be true or false",
        ),
        (
            ("config", "condition_dsp"),
            {"architecture": "LSTM"},
            "condition_dsp is no WaveNet; others are not known there",
        ),
        (("config", "condition_dsp"), {"architecture": "WaveNet"}, "condition_dsp: 'config' is missing"),
        (("config", "head"), {"kernel_sizes": []}, "head: kernel_sizes lists 0 layers; 1 to 16 are possible"),
        (("sample_rate",), 0.5, "sample_rate is 0; 1000 to 1000000 is possible"),
    ],
    ids=lambda value: str(value)[-30:],
)
def test_what_is_wrong_with_a_nam_file(tmp_path, rng, path, value, expected):
    content = nam_wavenet(rng)
    assert len(content["weights"]) == 238
    put(content, path, value)
    assert fault(write(tmp_path, content)).startswith(expected)


@pytest.mark.parametrize("writer", [guitarml, nam_wavenet, nam_lstm, keras, proteus])
@pytest.mark.parametrize("value", [0, -1, None, "", "fast", [], {}, True, float("nan")], ids=str)
def test_what_only_tells_of_the_sound_is_no_reason_not_to_play(tmp_path, rng, writer, value):
    content = writer(rng) | {"sample_rate": value, "samplerate": value, "name": value, "version": value}
    model = load_model(write(tmp_path, content))
    assert (model.sample_rate, model.rate) == (None, model.family.rate)
    content = writer(rng)
    if writer is not guitarml:
        content["metadata"] = value
        assert load_model(write(tmp_path, content)).sample_rate == 48_000
        keys = ("name", "samplerate", "loudness", "gain", "date", "input_level_dbu", "knobs")
        content["metadata"] = dict.fromkeys(keys, value)
    model = load_model(write(tmp_path, content))
    assert model.sample_rate == 48_000
    assert model.family.players(model)


def test_a_convnet_without_variance(tmp_path):
    content = {
        "architecture": "ConvNet",
        "config": {"channels": 1, "dilations": [1], "batchnorm": True, "activation": "Tanh"},
        "weights": [0.5, 0.5, 0.1, -1.0, 1.0, 0.0, 1e-5, 0.5, 0.0],
    }
    assert fault(write(tmp_path, content)) == "layer 1: a variance that is not above 0"
    content["weights"] = [0.5, 0.5]
    assert fault(write(tmp_path, content)) == "weights has 2 numbers, its architecture needs 9"


def test_a_nam_file_with_more_than_one_output(tmp_path, rng):
    content = nam_wavenet(rng, nam_array(head=(2, 1, True)))
    assert fault(write(tmp_path, content)) == "a model with 2 outputs; rig plays one"


def test_containers_and_conditions_do_not_nest_for_ever(tmp_path, rng):
    def container(content):
        return {"architecture": "SlimmableContainer", "config": {"submodels": [{"max_value": 1.0, "model": content}]}}

    content = container(container(nam_wavenet(rng)))
    assert load_model(write(tmp_path, content)).network.inputs == 1
    for _ in range(8):
        content = container(content)
    assert fault(write(tmp_path, content)) == "submodel 1: submodel 1: containers more than 2 deep in each other"

    content = nam_wavenet(rng)
    for _ in range(8):
        content = nam_wavenet(rng, condition=content)
    assert fault(write(tmp_path, content)) == (
        "condition_dsp: condition_dsp: condition_dsp: condition_dsp: more than 4 conditions nested in each other"
    )


def test_the_submodels_of_a_container_are_in_order(tmp_path, rng):
    submodels = [{"max_value": limit, "model": nam_wavenet(rng)} for limit in (0.5, 0.5)]
    content = {"architecture": "SlimmableContainer", "config": {"submodels": submodels}, "weights": []}
    assert (
        fault(write(tmp_path, content)) == "submodel 2: max_value is 0.5, but must rise from one submodel to the next"
    )
    content["config"]["submodels"] = []
    assert fault(write(tmp_path, content)) == "submodels lists 0 models; 1 to 16 are possible"


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("in_shape",), [], "in_shape is an empty list"),
        (("in_shape",), [None, None, 17], "in_shape is 17; 1 to 16 is possible"),
        (("layers",), [], "layers lists 0 layers; 1 to 1000 are possible"),
        (("layers", 0, "type"), "ltsm", "unknown type of layer 1: 'ltsm'; did you mean 'lstm'?"),
        (("layers", 0, "type"), "gru", "layer 1: weights, array 1 must be 1 x 24 numbers; a list at depth 2 has 32"),
        (("layers", 0, "activation"), "relu", "layer 1: a lstm with another activation than tanh is not known"),
        (("layers", 0, "shape"), [None, 10**9], "layer 1: shape is 1000000000; 1 to 1024 is possible"),
        (("layers", 0, "weights"), [], "layer 1: weights lists 0 arrays, a lstm has more"),
        (("layers", 0, "weights", 1, 3, 5), "x", "layer 1: weights, array 2, number 102 is 'x', which is no number"),
        (
            ("layers", 1, "weights", 0),
            [[1.0]] * 7,
            "layer 2: weights, array 1 must be 8 x 1 numbers; a list at depth 1",
        ),
        (
            ("layers", 1, "shape"),
            [None, None, 2],
            "layer 2: weights, array 1 must be 8 x 2 numbers; a list at depth 2",
        ),
        (("layers", 1, "activation"), "softmax", "unknown activation of layer 2: 'softmax'; "),
        (("in_skip",), 2, "in_skip is 2; 0 to 1 is possible"),
        (("in_gain",), 500, "in_gain is 500 dB; at most 60 is possible"),
        (("out_gain",), float("inf"), "out_gain is inf, which is no number we can use"),
    ],
    ids=lambda value: str(value)[-30:],
)
def test_what_is_wrong_with_a_keras_file(tmp_path, rng, path, value, expected):
    content = keras(rng)
    put(content, path, value)
    assert fault(write(tmp_path, content)).startswith(expected)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"unit_type": "RNN"}, "unknown unit_type 'RNN'; known: LSTM, GRU"),
        ({"unit_type": "GRU"}, "rec.weight_ih_l0 must be 24 x 1 numbers; a list at depth 1 has 32"),
        ({"hidden_size": 0}, "hidden_size is 0; 1 to 1024 is possible"),
        ({"hidden_size": 9}, "rec.weight_ih_l0 must be 36 x 1 numbers; a list at depth 1 has 32"),
        ({"num_layers": 2}, "state_dict: 'rec.weight_ih_l1' is missing"),
        ({"output_size": 2}, "output_size is 2; 1 to 1 is possible"),
        ({"skip": -1}, "skip is -1; 0 to 1 is possible"),
        ({"bias_fl": False}, "state_dict: 'lin.bias' belongs to no layer that model_data tells of"),
        ({"bias_fl": 1}, "bias_fl must be true or false, not a number"),
        ({"model": "GatedConvNet"}, "unknown model: 'GatedConvNet'; known: SimpleRNN"),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_proteus_file(tmp_path, rng, change, expected):
    content = proteus(rng)
    content["model_data"] |= change
    assert fault(write(tmp_path, content)) == expected


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("input_size",), 0, "input_size is 0; 1 to 16384 is possible"),
        (("input_size",), 1200, "its LSTM takes 9 steps for each sample; at most 4 are possible"),
        (("input_size",), None, "input_size must be a number, not null"),
        (("conv1d",), [], "conv1d must be an object {...}, not a list"),
        (("conv1d", "bias:0"), [], "conv1d bias:0: its length is 0; 1 to 1024 is possible"),
        (("conv1d", "kernel:0", 3), [[1.0]], "conv1d kernel:0 must be 12 x 1 x 4 numbers; a list at depth 3 has 1"),
        (("conv1d_stride",), 0, "conv1d_stride is 0; 1 to 16384 is possible"),
        (("lstm", "bias:0"), [0.0] * 33, "lstm bias:0 must be 32 numbers; a list at depth 1 has 33"),
        (("lstm", "kernel:0"), [[1.0] * 32] * 3, "lstm kernel:0 must be 4 x 32 numbers; a list at depth 1 has 3"),
        (("dense", "kernel:0"), [[1.0]], "dense kernel:0 must be 8 x 1 numbers; a list at depth 1 has 1"),
    ],
    ids=lambda value: str(value)[-30:],
)
def test_what_is_wrong_with_a_smartamppro_file(tmp_path, rng, path, value, expected):
    content = smartamppro(rng)
    put(content, path, value)
    assert fault(write(tmp_path, content)).startswith(expected)


@pytest.mark.parametrize("key", ["conv1d", "conv1d_1", "lstm", "dense", "input_size"])
def test_what_lacks_in_a_smartamppro_file(tmp_path, rng, key):
    content = smartamppro(rng)
    del content[key]
    assert fault(write(tmp_path, content)) == f"'{key}' is missing"
    several = smartamppro(rng, window=240, recurrent=False)
    assert fault(write(tmp_path, several)) == "lstm: 'recurrent_kernel:0' is missing"


def hungry() -> dict[str, str]:
    """Files that ask for much: gigabytes, if they were taken at their word."""
    return {
        "65 000 lists": "[" + "[]," * 65_000 + "[]]",
        "65 000 objects": "[" + ",".join(f'{{"{i}":{{}}}}' for i in range(32_000)) + "]",
        "a million lists": "[" + "[]," * 1_000_000 + "[]]",
        "a million values": "[" + "0," * 1_000_000 + "0]",
        "letters of four bytes": '{"architecture":"LSTM","config":{},"weights":['
        + '"\U0001f600abcdefg",' * 500_000
        + "1]}",
        "a wrong number at the end": '{"architecture":"Linear","config":{"receptive_field":500001},"weights":['
        + "0.1234567," * 500_000
        + '"x"]}',
        "a long word": json.dumps({"architecture": "WaveNe" * 1_000_000, "config": {}, "weights": []}),
        "groups": json.dumps(
            nam_wavenet(np.random.default_rng(1), nam_array(channels=4), nam_array(inputs=4))
            | {"config": {"layers": [nam_array(channels=1024, groups=1024, dilations=[1] * 999, layer1x1=1024)]}}
        ),
        "identities": json.dumps(
            {
                "in_shape": [1],
                "layers": [
                    {"type": "dense", "shape": [1024], "weights": [[[0.0] * 1024]], "activation": "tanh"},
                    *[{"type": "activation", "shape": [1024], "weights": [], "activation": "tanh"}] * 900,
                ],
            }
        ),
        "slimmed": json.dumps(
            nam_wavenet(np.random.default_rng(1), nam_array(channels=256, taps=1, dilations=[1], allowed=range(1, 257)))
        ),
    }


WEIGH = """
import sys
from pathlib import Path
from rig.errors import RigError
from rig.models.formats import load_model
for path in sys.argv[1:]:
    try:
        load_model(path)
        print(path, "a model")
    except RigError as error:
        print(error)
print(next(line for line in Path('/proc/self/status').read_text().splitlines() if line.startswith('VmHWM')).split()[1])
"""


def test_no_file_takes_more_than_200_mb(tmp_path):
    paths = [write(tmp_path, text, f"{name}.json") for name, text in hungry().items()]
    command = [sys.executable, "-c", WEIGH, *map(str, paths)]
    *lines, peak_kib = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(lines) == len(paths)
    for path, line in zip(paths, lines, strict=True):
        assert line.startswith(f"{path}: ")
    assert int(peak_kib) < 200 * 1024


def small_models() -> dict[str, dict]:
    """One small file of every family and architecture, with a bit of everything that it can say."""
    rng = np.random.default_rng(3)
    film = dict.fromkeys(FILM_KEYS, (True, 1))
    small = {"channels": 2, "dilations": (1, 2), "taps": 2}
    condition = nam_wavenet(rng, nam_array(**small, head=(2, 1, False)))
    slope = {"type": "PReLU", "negative_slopes": [0.1, 0.2]}
    modern = nam_wavenet(
        rng,
        nam_array(
            **small,
            conditions=2,
            gating=["gated", "blended"],
            activation=["Tanh", slope],
            secondary=["Sigmoid", {"type": "LeakyHardtanh", "min_val": 0.0}],
            head=(3, 2, True),
            head1x1=(2, 2),
            layer1x1=2,
            groups=2,
            mix_in_groups=2,
            films=film,
        ),
        condition=condition,
        post={"channels": 2, "activation": "ReLU", "out_channels": 1, "kernel_sizes": [2, 1]},
        metadata={"name": "A2", "loudness": -18.0, "input_level_dbu": 12.5, "output_level_dbu": None},
    )
    slimmable = nam_wavenet(rng, nam_array(**small, allowed=(1, 2)))
    old = nam_a1(rng, nam_array(**small, head=(2, 1, False)), nam_array(**small, inputs=2))
    return {
        "guitarml": guitarml(rng, channels=2, taps=2, dilations=(1, 2), name="x", level_adjust=2.0),
        "nam A1": old,
        "nam A2": modern,
        "nam slimmable": slimmable,
        "nam container": {
            "version": "0.7.0",
            "architecture": "SlimmableContainer",
            "config": {
                "submodels": [{"max_value": 0.5, "model": slimmable}, {"max_value": 1.0, "model": nam_lstm(rng)}]
            },
            "weights": [],
            "sample_rate": 48000,
        },
        "nam LSTM": nam_lstm(rng, hidden=2, layers=2),
        "nam ConvNet": {
            "version": "0.5.4",
            "architecture": "ConvNet",
            "config": {"channels": 2, "dilations": [1, 2], "batchnorm": True, "activation": "Tanh"},
            "weights": rng.uniform(0.1, 1.0, 4 + 9 + 8 + 9 + 3).tolist(),
        },
        "nam Linear": {
            "version": "0.5.4",
            "architecture": "Linear",
            "config": {"receptive_field": 5, "bias": True},
            "weights": rng.normal(size=6).tolist(),
        },
        "keras": keras(rng, ({"type": "gru", "size": 2}, {"type": "dense", "size": 1}), in_skip=1, in_gain=3.0),
        "keras conv1d": keras(
            rng,
            (
                {"type": "conv1d", "size": 2, "kernel_size": 2, "dilation": 2},
                {"type": "batchnorm"},
                {"type": "prelu"},
                {"type": "lstm", "size": 2},
                {"type": "dense", "size": 1, "activation": "tanh"},
            ),
            inputs=2,
            metadata={"name": "x", "samplerate": "48000", "knobs": ["drive"]},
        ),
        "proteus": proteus(rng, hidden=2, layers=2, inputs=2),
        "smartamppro": smartamppro(rng, window=9, taps=(2, 3), strides=(2, 3), channels=2, hidden=2),
    }


SMALL = small_models()
"""One of each, by family."""
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(
        ["WaveNet", "SlimmableContainer", "gated", "Tanh", "PReLU", "lstm", "GRU", 1e38, 2**20, 1024, -1, 0]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


def check_model_or_line(path: Path) -> bool:
    """Whether there is a model in the file; if not, there must be one line that says why."""
    try:
        model = load_model(path)
    except RigError as error:
        assert str(error).startswith(f"{path}: ")
        assert "\n" not in str(error)
        return False
    for variant in (model, *(variant.model for variant in model.variants)):
        check_arrays(variant.network)
        assert len(variant.knobs) == variant.network.inputs - 1
    assert model.at(1.0).network is model.at(9.0).network
    return True


@pytest.mark.parametrize("family", SMALL)
def test_small_files_of_every_family_are_models(tmp_path, family):
    assert check_model_or_line(write(tmp_path, SMALL[family]))


FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def places(content: object) -> list[tuple[list | dict, object]]:
    """Every (container, key) in a file; of a long list of numbers just its ends."""
    inner = content.items() if isinstance(content, dict) else enumerate(content)
    found = []
    for key, value in inner:
        if isinstance(content, dict) or key in (0, len(content) - 1) or isinstance(value, (list, dict)):
            found.append((content, key))
        if isinstance(value, (list, dict)):
            found += places(value)
    return found


@FUZZ
@given(data=st.data())
def test_any_value_anywhere_gives_a_model_or_one_line(tmp_path, data):
    content = json.loads(json.dumps(SMALL[data.draw(st.sampled_from(sorted(SMALL)))]))
    for _ in range(data.draw(st.integers(1, 3))):
        found = places(content)
        if not found:
            break
        place, key = found[data.draw(st.integers(0, len(found) - 1))]
        what = data.draw(st.sampled_from(["change", "change", "remove", "swap", "repeat"]))
        other, elsewhere = found[data.draw(st.integers(0, len(found) - 1))]
        if what == "change":
            place[key] = data.draw(JSON)
        elif what == "remove":
            del place[key]
        elif what == "swap":
            place[key] = json.loads(json.dumps(other[elsewhere]))
        elif isinstance(place, list):
            place.insert(key, json.loads(json.dumps(place[key])))
    check_model_or_line(write(tmp_path, content))


@FUZZ
@given(content=JSON)
def test_any_json_gives_a_model_or_one_line(tmp_path, content):
    check_model_or_line(write(tmp_path, content))


@FUZZ
@given(
    family=st.sampled_from(sorted(SMALL)),
    start=st.floats(0, 1),
    length=st.integers(0, 40),
    junk=st.binary(max_size=12),
)
def test_any_damage_gives_a_model_or_one_line(tmp_path, family, start, length, junk):
    path = tmp_path / "amp.json"
    text = json.dumps(SMALL[family]).encode()
    cut = int(start * len(text))
    path.write_bytes(text[:cut] + junk + text[cut + length :])
    check_model_or_line(path)
