"""A model whose silence is none: what is constant in it is taken away behind it, unless the preset says otherwise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_models import load, wire

from rig.engine import Payload, registry
from rig.models import library, player
from rig.native import Chain, Unit

RATE = 48_000


def biased(folder: Path, constant: float, **extra: object) -> Path:
    """A wire that says so to silence."""
    path = wire(folder, sample_rate=RATE, **extra)
    net = json.loads(path.read_text())
    for variable in net["variables"]:
        if variable["layer_idx"] == 1 and variable["name"] == "b":
            variable["data"] = [constant]
    path.write_text(json.dumps(net))
    return path


def amp(payload: Payload, rate: int = RATE, channels: int = 1) -> Chain:
    made = Chain([Unit(registry()[player.ENGINE], payload)], rate, channels=channels)
    made.prewarm()
    return made


def noise(rng: np.random.Generator, frames: int = RATE) -> np.ndarray:
    return rng.normal(0, 0.1, frames).astype(np.float32)


@pytest.mark.parametrize("constant", [0.1, -0.01, 10 ** (-69.5 / 20)])
@pytest.mark.parametrize("jack", [44_100, 48_000, 96_000])
def test_its_silence_is_silence_then(tmp_path, rng, constant, jack):
    path = biased(tmp_path, constant)
    assert library.constant(path) == pytest.approx(constant, rel=1e-6)
    made, silence = amp(load(path, jack), jack), np.zeros(2 * jack, np.float32)
    assert np.abs(made.process(silence)).max() < 1e-4 * abs(constant)
    made.process(noise(rng))
    assert np.abs(made.process(silence)[-4000:]).max() < 1e-4 * abs(constant)
    made.reset()
    assert not made.process(silence).any(), "at once, where it begins anew"


@pytest.mark.parametrize("block", [1, 64])
def test_a_turned_level_makes_no_thump(tmp_path, block):
    """What is constant is gone before the level."""
    made, level = amp(load(biased(tmp_path, 0.05))), [p.name for p in registry()[player.ENGINE].params].index("level")
    for db in (12.0, -20.0, 0.0):
        made.set(0, level, db)
        assert not made.process(np.zeros(block, np.float32)).any()


def test_of_what_is_played_it_takes_what_the_blocker_at_the_output_takes(tmp_path, rng):
    path, x = biased(tmp_path, 0.05), noise(rng)
    keep, rest, wanted = np.exp(-2 * np.pi * 7 / RATE), 0.05, np.empty(len(x))
    for i, now in enumerate(x.astype(np.float64) + 0.05):
        wanted[i] = now - rest
        rest = keep * rest + (1 - keep) * now
    assert np.abs(amp(load(path)).process(x) - wanted).max() < 1e-5


def test_it_stays_where_the_preset_says_so(tmp_path, rng):
    path, x = biased(tmp_path, 0.05), noise(rng)
    left = load(path, dcblock=0.0)
    assert left.constant == 0.0 and load(path).constant == pytest.approx(0.05)
    assert np.array_equal(amp(left).process(x), player.run(library.read(path), x))


@pytest.mark.parametrize("constant", [0.0, 1e-5, 10 ** (-70.5 / 20)])
def test_one_that_is_as_good_as_silent_is_left_bit_for_bit_as_it_is(tmp_path, rng, constant):
    path, x = biased(tmp_path, constant), noise(rng)
    payload = load(path)
    assert payload.constant == 0.0
    assert np.array_equal(amp(payload).process(x), player.run(library.read(path), x))
    assert amp(payload).memory == amp(replace(payload, constant=0.0)).memory


def test_it_is_said_where_there_is_something_to_say(tmp_path):
    silent, humming = wire(tmp_path, sample_rate=RATE), biased(tmp_path, 0.05, gain=0.5)
    assert load(silent).idle == load(humming).idle, "who leaves it may play another file without a fault"
    assert load(silent).about == "wire-0-1.0"
    assert load(humming).about == "wire-0-0.5, DC of -26 dBFS blocked"
    assert load(humming, dcblock=0.0).about == "wire-0-0.5, DC of -26 dBFS"


def test_each_side_has_a_blocker_of_its_own(tmp_path, rng):
    payload = load(biased(tmp_path, 0.05))
    x = np.stack([noise(rng, 5000), noise(rng, 5000)])
    pair = amp(payload, channels=2).process(x)
    for side in range(2):
        assert np.array_equal(pair[side], amp(payload).process(x[side]))


def test_after_as_much_of_the_past_as_it_remembers_it_is_as_if_it_had_always_run(tmp_path, rng):
    payload = load(biased(tmp_path, 0.05))
    x = noise(rng) + np.float32(0.2)  # the constant that it hears is another than that of silence
    always, late = amp(payload), amp(payload)
    assert 0.1 * RATE < late.memory < 0.2 * RATE
    wanted = always.process(x)[-1000:]
    heard = late.process(x[-1000 - late.memory :])[-1000:]
    assert np.abs(heard - wanted).max() < 1e-3 * 0.2


def test_blocks_of_any_size_make_the_same(tmp_path, rng):
    payload, x = load(biased(tmp_path, 0.05)), noise(rng, 3000)
    whole = amp(payload).process(x)
    for block in (1, 7, 50):
        made = amp(payload)
        assert np.array_equal(np.concatenate([made.process(x[i : i + block]) for i in range(0, 3000, block)]), whole)


def test_of_real_captures_those_are_blocked_whose_silence_is_loud(shared):
    found = {name: load(shared / f"models/guitarml/{name}.json").constant for name in ("pedalnet", "WaveNet1-ts7")}
    assert 20 * np.log10(abs(found["pedalnet"])) == pytest.approx(-35.4, abs=0.1)
    assert found["WaveNet1-ts7"] == 0.0
