"""What a model file asks of the rig: size, rate, loudness, delay, polarity. Measured on networks whose answers are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from networks import guitarml, keras, nam_lstm, proteus, smartamppro

from rig.engine import Payload, registry
from rig.errors import RigError
from rig.models import analysis, library, player
from rig.native import Chain, Unit

RATE = 48_000


def load(path: Path, jack: int = RATE, **settings: float) -> Payload:
    engine = registry()[player.ENGINE]
    return engine.load({"model": path}, engine.settled(settings), jack)


def play(path: Path, x: np.ndarray, jack: int = RATE, **settings: float) -> np.ndarray:
    engine = registry()[player.ENGINE]
    chain = Chain([Unit(engine, load(path, jack, **settings))], jack)
    chain.prewarm()
    return chain.process(x)


def wire(folder: Path, frames: int = 0, gain: float = 1.0, **extra: object) -> Path:
    """A WaveNet that delays and scales, and nothing more."""
    net = guitarml(np.random.default_rng(1), 1, 2, (max(frames, 1),), "linear", **extra)
    values = {"W": [1.0], "b": [0.0], "W_conv": [1.0, 0.0] if frames else [0.0, 1.0], "b_conv": [0.0]}
    values |= {"W_out": [0.0], "b_out": [0.0]}
    for variable in net["variables"]:
        variable["data"] = (
            [gain] if variable["layer_idx"] == 1 and variable["name"] == "W" else values[variable["name"]]
        )
    path = folder / f"wire-{frames}-{gain}.json"
    path.write_text(json.dumps(net))
    return path


def curved(gain: float, delay: int):
    """A chain that is late, distorts, and has a tone: what an amp does."""

    def play(x: np.ndarray) -> np.ndarray:
        bent = np.tanh(20 * x) * gain
        late = np.r_[np.zeros(delay), bent][: len(x)]
        return np.convolve(late, 0.6 ** np.arange(20))[: len(x)].astype(np.float32)

    return play


# ---- delay and polarity


@pytest.mark.parametrize("delay", [0, 1, 24, 700])
@pytest.mark.parametrize("gain", [1.0, -0.1])
def test_delay_and_polarity_are_found_behind_distortion_and_tone(delay, gain):
    assert analysis.arrival(curved(gain, delay)) == analysis.Arrival(delay, 1 if gain > 0 else -1)


def room(rng: np.random.Generator, frames: int):
    """A chain that smears a sound over so many frames."""
    echoes = rng.normal(0, 1, frames)
    return lambda x: np.convolve(x, echoes)[: len(x)].astype(np.float32)


def test_where_no_delay_and_no_polarity_can_be_known_none_is_claimed(rng):
    unclear = analysis.Arrival(None, None)
    assert analysis.arrival(np.zeros_like) == unclear
    assert analysis.arrival(room(rng, 1000)) == unclear
    assert analysis.arrival(lambda x: rng.normal(0, 0.1, len(x)).astype(np.float32)) == unclear
    assert analysis.arrival(lambda x: x**2) == unclear, "an octave above has no polarity"
    two = analysis.arrival(lambda x: 0.8 * x + np.r_[np.zeros(128, np.float32), x[:-128]])
    assert two == unclear, "it arrives twice"
    turned = analysis.arrival(lambda x: np.diff(x, prepend=np.float32(0)))
    assert turned == analysis.Arrival(0, None), "a quarter of a turn is neither"


def test_what_is_not_clear_is_not_reckoned_with(tmp_path, monkeypatch):
    monkeypatch.setattr(analysis, "arrival", lambda play: analysis.Arrival(None, None))
    heard = load(wire(tmp_path, 24, -1.0))
    assert (heard.delay, heard.polarity, heard.about) == (0, 1, "wire-24--1.0")


def test_what_cancels_a_little_is_not_turned_over(rng):
    x, y = analysis._guitar(), analysis._guitar()[::-1]
    y = y - x * np.dot(x, y) / np.dot(x, x)  # nothing of x
    assert not analysis.cancels(lambda _: x, lambda _: y - 0.05 * x, 0)
    assert analysis.cancels(lambda _: x, lambda _: y - 0.5 * x, 0)


@pytest.mark.parametrize("early", [-30, 0, 30])
def test_chains_cancel_where_one_is_turned_over(early):
    a, b = curved(1.0, max(0, -early)), curved(0.5, max(0, early))
    assert not analysis.cancels(a, b, early)
    assert analysis.cancels(a, lambda x: -b(x), early)


def test_a_files_delay_and_polarity_are_found_and_told(tmp_path):
    late = load(wire(tmp_path, 24, -0.5))
    assert (late.delay, late.polarity) == (24, -1)
    assert late.about == "wire-24--0.5, 24 frames late, turned over"
    plain = load(wire(tmp_path))
    assert (plain.delay, plain.polarity, plain.about) == (0, 1, "wire-0-1.0")


def test_what_real_captures_say(shared):
    found = {}
    for name in ("bluesJr_fullD2", "pedalnet", "WaveNet1-ts7", "WaveNet2-ds1"):
        heard = library.arrival(shared / f"models/guitarml/{name}.json")
        found[name] = (heard.frames, heard.polarity)
    assert found == {"bluesJr_fullD2": (24, -1), "pedalnet": (16, -1), "WaveNet1-ts7": (1, 1), "WaveNet2-ds1": (0, -1)}


def test_a_model_is_measured_once(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(analysis, "arrival", lambda play: calls.append(play) or analysis.Arrival(3, 1))
    path = wire(tmp_path, 3)
    assert load(path).delay == load(path, normalize=1.0).delay == 3
    assert len(calls) == 1


@pytest.mark.parametrize("weight", [1e30, -3e38, 1e12])
def test_a_model_with_damaged_weights_is_refused_without_a_murmur(tmp_path, rng, weight, recwarn):
    net = guitarml(rng)
    for variable in net["variables"]:
        variable["data"] = [number * weight for number in variable["data"]]
    lstm = nam_lstm(rng)
    lstm["weights"][-9:] = [weight] * 9
    for content in (net, lstm):
        (tmp_path / "amp.json").write_text(json.dumps(content))
        with pytest.raises(RigError, match=r"amp\.json: (its weights are too large|what it plays is far too loud)"):
            load(tmp_path / "amp.json")
    assert not recwarn.list


# ---- loudness


def test_loudness_is_what_nams_trainer_writes(shared):
    for name in ("BossWN-feather", "BossLSTM-1x16", "wavenet", "lstm"):
        path = shared / f"models/nam/{name}.nam"
        said = library.read(path).loudness_db
        assert analysis.loudness_db(library.settled(library.read(path))) == pytest.approx(said, abs=1.0)
        assert library.loudness_db(path) == said


def test_normalized_models_are_equally_loud(tmp_path, rng):
    soft, loud = wire(tmp_path, gain=0.05), wire(tmp_path, gain=3.0, level_adjust=2.0)
    x = rng.normal(0, 0.1, 2000).astype(np.float32)
    assert load(loud).level == 2.0
    assert np.allclose(play(soft, x, normalize=1.0), play(loud, x, normalize=1.0), rtol=1e-3, atol=1e-6)
    assert load(loud, normalize=1.0).level == 1.0
    payload = load(soft, normalize=1.0)
    # A wire is as loud as what goes in.
    assert 20 * np.log10(payload.gain_out) == pytest.approx(-18 - (-14.97 + 20 * np.log10(0.05)), abs=0.01)


# ---- rate, size, engine


def test_the_rate_is_the_presets_or_the_files_or_its_familys(tmp_path):
    silent, said = wire(tmp_path, sample_rate=None), wire(tmp_path, 1, sample_rate=44_100)
    assert load(said).rate == 44_100
    assert load(said, jack=44_100).rate == 0
    assert load(said, rate=RATE).rate == 0
    assert load(silent).rate == 44_100
    assert load(silent, rate=RATE).rate == 0
    assert load(silent, rate=RATE).about == "wire-0-1.0"
    assert load(silent, jack=RATE, rate=96_000).about == "wire-0-1.0, 96 kHz"
    with pytest.raises(RigError, match=r"wire-0-1\.0\.json: rate = 300 Hz; a model's is 8000 Hz or more"):
        load(silent, rate=300)


@pytest.mark.parametrize(
    ("writer", "hz", "said"),
    [
        (guitarml, 44_100, "44.1 kHz assumed"),
        (proteus, 44_100, "44.1 kHz assumed"),
        (smartamppro, 44_100, "44.1 kHz assumed"),
        (keras, 48_000, "48 kHz assumed"),
        (nam_lstm, 48_000, "48 kHz assumed"),
    ],
)
def test_a_file_that_names_no_rate_is_made_for_its_familys(tmp_path, rng, writer, hz, said):
    """At every rate of JACK's, and it is said."""
    path, stated = tmp_path / "amp.json", tmp_path / "stated.json"
    content = writer(rng, sample_rate=None)
    path.write_text(json.dumps(content))
    stated.write_text(json.dumps(content | {"sample_rate": hz}))
    for jack in (44_100, 48_000, 96_000):
        assumed, known = load(path, jack), load(stated, jack)
        assert (assumed.rate, assumed.ints) == (known.rate, known.ints)
        assert said in assumed.about
        assert "assumed" not in known.about
    assert "assumed" not in load(path, rate=48_000).about, "the preset says it"


def test_the_shape_of_a_model_does_not_change_with_jacks_rate(tmp_path):
    """A filter of three taps, made for 48 kHz, cuts as many Hz at any of JACK's rates."""
    path = tmp_path / "fir.nam"
    fir = {"receptive_field": 3, "bias": False}
    path.write_text(json.dumps({"architecture": "Linear", "config": fir, "weights": [0.25, 0.5, 0.25]}))
    for jack in (44_100, 48_000, 96_000):
        x = np.sin(2 * np.pi * 12_000 * np.arange(jack // 2) / jack).astype(np.float32)
        assert np.std(play(path, x, jack)[jack // 4 :]) == pytest.approx(0.5 * np.std(x), rel=0.01)


def test_at_a_multiple_of_its_rate_a_model_is_stretched(tmp_path):
    path = wire(tmp_path, 24, sample_rate=24_000)
    payload = load(path, jack=96_000)
    assert (payload.rate, payload.delay) == (0, 96)
    x = np.eye(1, 200, dtype=np.float32)[0]
    assert np.argmax(play(path, x, jack=96_000)) == 96


def test_quality_picks_the_network(shared):
    path = shared / "models/nam/A2.nam"
    sizes = [sum(array.size for array in load(path, quality=quality).arrays) for quality in (0.0, 1.0)]
    assert sizes[0] < sizes[1] / 3
    assert load(path).arrays[0].size == load(path, quality=1.0).arrays[0].size


def test_each_network_of_a_file_plays_at_its_own_rate_and_level(tmp_path, rng):
    said = ({"sample_rate": 44_100, "metadata": {"input_level_dbu": 12.0}}, {"sample_rate": 48_000}, {})
    submodels = [{"max_value": 0.3 * i, "model": nam_lstm(rng, **keys)} for i, keys in enumerate(said, start=1)]
    submodels[2]["model"]["sample_rate"] = None
    path = tmp_path / "several.nam"
    path.write_text(json.dumps({"architecture": "SlimmableContainer", "config": {"submodels": submodels}}))
    made = {quality: load(path, quality=quality) for quality in (0.0, 0.5, 1.0)}
    assert [payload.rate for payload in made.values()] == [44_100, 0, 0]
    assert [payload.input_dbu for payload in made.values()] == [12.0, None, None]
    assert ["assumed" in payload.about for payload in made.values()] == [False, False, True]
    assert load(path, 44_100, quality=0.0).rate == 0
