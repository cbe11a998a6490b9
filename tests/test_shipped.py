"""What ships: it loads, it is small, it says how good it is, and no amp is louder than the next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rig.document.read import read_preset
from rig.gig.level_match import TARGET, heard, take_of
from rig.models.formats import load_model
from rig.report.facts import check
from rig.sound import read

PRESETS = Path(__file__).resolve().parent.parent / "presets"
SHIPPED = sorted(PRESETS.glob("*.toml"))


def test_every_preset_plays():
    assert len(SHIPPED) >= 3
    report = check(SHIPPED)
    assert report.ok, report
    names = [amp.name for amp in report.presets[[p.stem for p in SHIPPED].index("blues")].amps]
    assert {"Clean", "Crunch", "Lead"} <= set(names)


def test_models_are_small_and_say_how_good_they_are():
    models = sorted((PRESETS / "models").glob("*.json"))
    assert len(models) >= 5
    for path in models:
        assert path.stat().st_size < 1e6
        model = load_model(path)
        assert model.sample_rate == 48_000
        for key in ("esr", "esr_preemphasis"):
            assert 0 < model.metadata[key] < 0.2, f"{path.name} {key}"
    arrays = [load_model(path).network.arrays[0] for path in models]
    assert any(array.entry.outs == 16 and len(array.layers) == 10 for array in arrays), "one as large as the article's"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_amps_of_a_preset_are_equally_loud(path):
    take, preset = take_of(PRESETS / "demo.flac"), read_preset(path)
    for amp in preset.amps:
        found = heard(preset, amp, take)
        assert abs(found.lufs - TARGET) < 0.5, amp.name
        assert found.peak_db < -3.0, f"{amp.name} reaches the limiter"


def test_the_demo_take_is_fifteen_seconds_and_loops():
    take, rate = read(PRESETS / "demo.flac")
    assert (PRESETS / "demo.flac").stat().st_size < 1e6
    assert len(take) / rate == pytest.approx(15.0, abs=0.1)
    assert abs(take[-1, 0] - take[0, 0]) < 0.01
    assert 0.2 < np.abs(take).max() < 1.0


def test_cabinets_are_minimum_phase_and_as_loud_as_none():
    from rig.engines.cab import response

    for path in sorted((PRESETS / "cabs").glob("*.wav")):
        taps = response(path, 48_000)
        assert np.argmax(np.abs(taps)) < 20, "no delay before the sound"
        zeros_energy = np.cumsum(taps.astype(np.float64) ** 2)
        assert zeros_energy[96] > 0.5 * zeros_energy[-1], "the energy comes early"
