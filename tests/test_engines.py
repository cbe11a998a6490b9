"""The engines one by one: what each does to a signal."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from leash import leashed

from rig import native
from rig.engine import Payload, Setting, _found, named, registry
from rig.errors import RigError
from rig.native import Chain, Unit, UnitError

RATE = 48_000
ROOT = Path(__file__).resolve().parent.parent


def chain(name: str, *arrays: np.ndarray, **params: float) -> Chain:
    return Chain([Unit(registry()[name], Payload(arrays), params)], RATE)


def sine(hz: float, seconds: float, amplitude: float = 0.5) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def test_gain_is_exact_and_ramps_when_it_is_turned(rng):
    x = rng.normal(0, 0.3, 640).astype(np.float32)
    c = chain("gain", gain=6.0)
    assert np.allclose(c.process(x), x * 10 ** (6 / 20), rtol=1e-6)
    c.set(0, 0, -60.0)
    ones = c.process(np.ones(128, np.float32))
    assert np.all(np.diff(ones[:64]) < 0), "a turned knob moves in a line, without a step"
    assert ones[64:] == pytest.approx(0.001, rel=1e-3)


def test_eq_flat_is_the_input_bit_for_bit(rng):
    x = rng.normal(0, 0.3, 4000).astype(np.float32)
    assert np.array_equal(chain("eq").process(x), x)


@pytest.mark.parametrize(
    ("band", "inside", "outside"),
    [("bass", 40, 3000), ("mid", 700, 15000), ("treble", 3200, 60), ("presence", 15000, 100)],
)
def test_eq_bands_act_where_they_say(band, inside, outside):
    def gain_db(hz: float) -> float:
        x = sine(hz, 0.5)
        y = chain("eq", **{band: 8.0}).process(x)
        return float(20 * np.log10(np.std(y[RATE // 4 :]) / np.std(x[RATE // 4 :])))

    assert gain_db(inside) > 4.0
    assert abs(gain_db(outside)) < 1.6, "one-poles are gentle, but must not move the other end"
    assert gain_db(inside) > gain_db(outside) + 3


def test_gate_is_open_for_notes_and_shut_for_hiss(rng):
    hiss = rng.normal(0, 1e-4, RATE).astype(np.float32)
    x = np.concatenate([hiss, sine(110, 1.0), hiss, hiss])
    y = chain("gate", threshold=-60.0, ratio=20.0).process(x)
    assert np.abs(y[RATE // 2 : RATE]).max() == 0.0
    assert np.array_equal(y[RATE + 480 : 2 * RATE], x[RATE + 480 : 2 * RATE]), "an open gate touches nothing"
    assert np.abs(y[3 * RATE :]).max() == 0.0


def test_gate_listens_to_the_input_of_the_rack_wherever_it_stands():
    signal, key = sine(110, 0.5), np.zeros(RATE // 2, np.float32)
    assert np.abs(chain("gate").process(signal, key)).max() == 0.0
    noise_behind_a_loud_guitar = chain("gate").process(signal * 1e-4, sine(110, 0.5))
    assert np.abs(noise_behind_a_loud_guitar[4800:]).max() == pytest.approx(0.5e-4, rel=0.01)


def test_gate_times(rng):
    x = np.concatenate([np.full(RATE // 10, 0.5), np.zeros(RATE // 2)]).astype(np.float32)
    steady = np.full_like(x, 0.25)
    c = chain("gate", threshold=-20.0, ratio=20.0, attack=10.0, hold=100.0, release=200.0)
    y = np.concatenate([c.process(steady[i : i + 64], x[i : i + 64]) for i in range(0, len(x), 64)])
    opened = int(np.argmax(y > 0.2499))
    assert opened == pytest.approx(0.010 * RATE, rel=0.02)
    falls = int(np.argmax(y[opened + 100 :] < 0.2499)) + opened + 100 - RATE // 10
    until_threshold = 0.020 * np.log(0.5 / 0.1)
    assert falls == pytest.approx((0.100 + until_threshold) * RATE, rel=0.05)
    shut = int(np.flatnonzero(y)[-1]) - RATE // 10 - falls
    assert shut == pytest.approx(0.200 * RATE, rel=0.1)


@pytest.mark.parametrize("taps", [1, 2, 63, 64, 65, 500, 8191, 8192])
def test_cab_is_the_convolution_without_latency(rng, taps):
    h = (rng.normal(0, 1, taps) * np.exp(-np.arange(taps) / (taps / 5 + 1))).astype(np.float32)
    x = rng.normal(0, 0.3, 20_000).astype(np.float32)
    exact = np.convolve(x.astype(np.float64), h)[: len(x)]
    for name in native.isas():
        native.use_isa(name)
        c = chain("cab", h)
        y, at = [], 0
        for n in np.tile((64, 1, 37, 64, 5), len(x)):
            y.append(c.process(x[at : at + n]))
            at += n
            if at >= len(x):
                break
        assert np.abs(np.concatenate(y) - exact).max() < 1e-5 * np.abs(exact).max() * max(1, taps / 500)
    native.use_isa(native.isas()[0])


def test_cab_reads_any_rate_trims_and_normalises(tmp_path):
    from rig.engines.cab import response

    rate = 44_100
    t = np.arange(4000) / rate
    ir = 0.01 * np.exp(-t * 400) * np.sin(2 * np.pi * 900 * t)
    path = tmp_path / "ir.flac"
    soundfile.write(path, np.concatenate([np.zeros(300), ir, np.zeros(5000)]), rate, subtype="PCM_24")
    slow, fast = response(path, 44_100), response(path, 96_000)
    assert len(slow) < 2000, "silence at both ends is cut off"
    assert len(fast) / len(slow) == pytest.approx(96 / 44.1, rel=0.05)

    def at_900(h: np.ndarray, rate: int) -> float:
        return float(np.abs(np.sum(h * np.exp(-2j * np.pi * 900 * np.arange(len(h)) / rate))))

    assert at_900(slow, 44_100) == pytest.approx(at_900(fast, 96_000), rel=0.02)
    louder = tmp_path / "louder.wav"
    soundfile.write(louder, 50 * np.concatenate([np.zeros(300), ir]), rate, subtype="FLOAT")
    assert np.abs(response(louder, 44_100)[:1000] - slow[:1000]).max() < 1e-3 * np.abs(slow).max()


def test_cab_refuses_silence(tmp_path):
    from rig.engines.cab import response

    path = tmp_path / "nothing.wav"
    soundfile.write(path, np.zeros(100), 48_000)
    with pytest.raises(RigError, match="silent"):
        response(path, 48_000)


def cab_of(path, *channels: np.ndarray, rate: int = RATE) -> Payload:
    soundfile.write(path, np.stack(channels, 1), rate, subtype="FLOAT")
    return registry()["cab"].load({"ir": path}, {}, rate)


IR = np.r_[0.9, -0.5, 0.3, np.geomspace(0.1, 1e-3, 500)]


@pytest.mark.parametrize("frames", [100, 4800, 24_000])
@pytest.mark.parametrize("noise_db", [-70, -50, -35])
def test_noise_before_the_sound_is_no_sound(tmp_path, rng, frames, noise_db):
    """Else it delays what is played, and where there is much of it, no sound is left."""
    noise = rng.normal(0, 10 ** (noise_db / 20) / 3, frames)
    found = cab_of(tmp_path / "ir.wav", np.r_[noise, IR])
    assert found.lead == frames
    clean = cab_of(tmp_path / "clean.wav", IR)
    assert clean.lead == 0
    assert np.allclose(found.arrays[0][:500], clean.arrays[0][:500], atol=1e-6)


def test_a_sound_that_grows_is_no_noise(tmp_path):
    """A filter of linear phase rings before its peak as it does behind it."""
    t = np.arange(-400, 401)
    found = cab_of(tmp_path / "ir.wav", np.sinc(t / 6) * np.hanning(801))
    assert np.argmax(np.abs(found.arrays[0])) > 350


def test_what_is_not_played_of_a_cabinet_is_said(tmp_path, rng):
    other, long = IR[::-1].copy(), np.r_[IR, 0.01 * np.ones(24_000)]
    silent = np.zeros_like(IR)
    path = tmp_path / "ir.wav"
    assert cab_of(path, IR).about == "ir, 503 taps"
    assert cab_of(path, IR, IR).about == cab_of(path, IR, silent).about == "ir, 503 taps"
    assert cab_of(path, IR, other).about == "ir, 503 taps, left channel only"
    assert cab_of(path, IR, other, other, other).about == "ir, 503 taps, channel 1 of 4 only"
    assert cab_of(path, long).about == "ir, 8192 taps, cut off after 171 ms"
    assert cab_of(path, long, rate=96_000).about == "ir, 8192 taps, cut off after 85 ms"


def test_a_cabinet_whose_left_side_is_silent_plays_the_right(tmp_path, rng):
    for nothing in (np.zeros_like(IR), rng.normal(0, 1e-5, IR.size)):
        right = cab_of(tmp_path / "ir.wav", nothing, IR)
        assert np.array_equal(right.arrays[0], cab_of(tmp_path / "mono.wav", IR).arrays[0])


def test_an_engine_that_its_files_do_not_fit_is_refused():
    with pytest.raises(RigError, match="cab"):
        chain("cab", np.zeros(8193, np.float32))
    with pytest.raises(RigError, match="model"):
        chain("model")


def test_the_engine_of_a_chain_that_would_not_start_is_named():
    gain, cab = Unit(registry()["gain"], label="gain"), Unit(registry()["cab"], label="cab")
    with pytest.raises(UnitError, match=r"^engine cab: its files don't make sense to it$") as caught:
        Chain([gain, cab, gain], RATE)
    assert caught.value.label == "cab"


@pytest.mark.parametrize("name", [name for name, engine in registry().items() if not engine.files and not engine.join])
def test_the_size_of_a_block_changes_nothing(name, rng):
    x = (rng.normal(0, 0.3, 4000) * np.repeat(rng.random(40) ** 4, 100)).astype(np.float32)
    knobs = {p.name: (p.initial + p.maximum) / 2 for p in registry()[name].params}
    whole = chain(name, **knobs).process(x)
    for block in (1, 3, 37, 1000):
        c = chain(name, **knobs)
        parts = [c.process(x[at : at + block]) for at in range(0, len(x), block)]
        assert np.array_equal(np.concatenate(parts), whole)


def test_every_parameter_is_documented_and_in_range():
    for engine in registry().values():
        for param in engine.params:
            assert param.minimum <= param.initial <= param.maximum
            assert param.help


def test_an_engine_is_found_by_its_name_and_by_older_ones():
    assert named("model") is named("wavenet") is named("lstm") is registry()["model"]
    assert named("gain") is registry()["gain"]
    assert named("wavenot") is None
    assert not {"wavenet", "lstm"} & set(registry()), "each engine stands there once"
    own = {"amp": dataclasses.replace(registry()["gain"], name="amp", aliases=("lstm",))}
    assert named("lstm", own) is own["amp"]
    assert named("gain", own) is None


def test_two_engines_cannot_share_a_name(monkeypatch):
    twin = dataclasses.replace(registry()["gain"], name="lstm")
    point = SimpleNamespace(name="twin", dist=None, load=lambda: twin)
    monkeypatch.setattr("rig.engine.entry_points", lambda group: [point])
    with pytest.raises(RigError, match="two engines are called 'lstm'"):
        _found.__wrapped__()


PLUG_INS = {
    "gone": "'gone' of the package broken: ModuleNotFoundError: No module named 'not_there'",
    "quits": "'quits' of the package broken: SystemExit: 3",
    "number": "'number' of the package broken: broken_plug_ins:number is no Engine, but 7",
    "no_c": "'no_c' of the package broken: engine 'no_c' has no C: rig_engine_no_c in csrc/engines/no_c.c",
}


def test_a_plug_in_that_fails_is_left_out_and_named_once(tmp_path):
    """Each command goes on with the other engines."""
    (tmp_path / "broken_plug_ins.py").write_text("""
import sys
from rig import native
number = 7
def __getattr__(name):
    if name == "gone":
        import not_there
    if name == "quits":
        sys.exit(3)
    return native.engine(name)
""")
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    points = "".join(f"{name} = broken_plug_ins:{name}\n" for name in PLUG_INS)
    (info / "entry_points.txt").write_text(f"[rig.engines]\n{points}")
    around = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = leashed([sys.executable, "-m", "rig", *words])
        return subprocess.run(command, env=around, capture_output=True, text=True, timeout=60)

    done = run("engines")
    assert done.returncode == 0, done.stderr
    assert "gain" in done.stdout
    said = done.stderr.splitlines()
    for line, why in zip(said, PLUG_INS.values(), strict=True):
        assert line.startswith(f"rig: left out the plug-in {why}")
        assert why.partition(": ")[2] in " ".join(done.stdout.split())
    done = run("check", str(ROOT / "presets" / "practice.toml"), "--json")
    assert (done.returncode, done.stderr.splitlines()) == (0, said)
    assert [plug_in["why"] in line for plug_in, line in zip(json.loads(done.stdout)["skipped"], said, strict=True)]


def test_an_engine_without_its_c_is_named():
    with pytest.raises(RigError, match=r"^engine 'nothing' has no C: rig_engine_nothing in csrc/engines/nothing\.c"):
        native.engine("nothing")


def test_an_engine_that_joins_chains_keeps_to_their_rate():
    gain, blend = registry()["gain"], registry()["blend"]
    joins = Unit(blend, Payload(ints=(0, 0, 0), rate=44_100))
    with pytest.raises(RigError, match="engine blend: one that joins two chains runs at their rate, 48000 Hz; it asks"):
        Chain([Unit(gain, branch="a"), Unit(gain, branch="b"), joins], RATE)


def test_a_knob_may_be_chosen_by_a_word(foreign, rng):
    engine = foreign("clip")
    gain, shape = engine.params
    assert gain.choices == ()
    assert (shape.choices, shape.minimum, shape.maximum, shape.initial) == (("off", "soft", "hard"), 0, 2, 1)
    x = rng.normal(0, 1, 64).astype(np.float32)
    for word, right in (("off", 2 * x), ("soft", np.tanh(2 * x)), ("hard", np.clip(2 * x, -1, 1))):
        played = Chain([Unit(engine, params={"gain": 2.0, "shape": shape.choices.index(word)})], RATE).process(x)
        assert np.allclose(played, right, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("most", "'off|soft|hard'; their values are 0 to 2 and one of them at first, not 0 to 3, at first 1"),
        ("least", "'off|soft|hard'; their values are 0 to 2 and one of them at first, not -1 to 2, at first 1"),
        ("initial", "'off|soft|hard'; their values are 0 to 2 and one of them at first, not 0 to 2, at first 0.5"),
        ("words", "'off||off'; they must be two words or more, each another one"),
        ("number", "'off'; they must be two words or more, each another one"),
    ],
)
def test_choices_that_are_no_values_are_refused(foreign, name, message):
    with pytest.raises(RigError) as caught:
        foreign(name)
    assert str(caught.value) == f"engine '{name}', shape: its choices are {message}"


def test_the_choices_of_a_setting_are_held_to_the_same():
    setting = Setting("side", "", "", 0, 2, 0, choices=("left", "right"))
    with pytest.raises(RigError, match=r"engine 'gain', side: its choices are 'left\|right'; their values are 0 to 1"):
        native.engine("gain", settings=(setting,))


def test_an_engine_built_for_an_older_rig_is_refused_in_one_line(foreign):
    with pytest.raises(RigError) as caught:
        foreign("old")
    line = r"engine 'old' was built for ABI \d+, this rig has \d+: rebuild its package"
    assert re.fullmatch(line, str(caught.value))
