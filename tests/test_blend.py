"""Two chains side by side: how a preset says it, that they are mixed as they should be, and that nothing cancels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from test_load import chains
from test_models import wire
from test_rebuild import chain_of, gig_of

from rig.cli import main
from rig.document.document import Preset, labels
from rig.document.read import examine, read_preset
from rig.engine import Payload, registry
from rig.gig.gain_staging import arranged
from rig.gig.snapshot import EngineView
from rig.native import BLOCK, Chain, Rack, Unit, resampler
from rig.tui import signal_chain as screen

RATE = 48_000
NOTHING = ': blend has nothing to mix: a = [{ model = "..." }], b = [{ model = "..." }]'


def noise(rng: np.random.Generator, frames: int = 4000) -> np.ndarray:
    return rng.normal(0, 0.2, frames).astype(np.float32)


def unit(name: str, branch: str = "", payload: Payload = Payload(), **params: float) -> Unit:
    return Unit(registry()[name], payload, params, branch=branch)


def ir(frames: int = 0, gain: float = 1.0, **said: object) -> Payload:
    """What a cabinet is made of that only delays and scales, and says so."""
    return Payload((np.r_[np.zeros(frames), gain].astype(np.float32),), delay=frames, **said)


def blend(*units: Unit, mix: float = 0.5, align: bool = True, rate: int = RATE) -> tuple[Unit, ...]:
    join = Unit(registry()["blend"], params={"mix": mix}, settings={"align": float(align)})
    return arranged([*units, join], rate)


def play(*units: Unit, x: np.ndarray) -> np.ndarray:
    return Chain(units, RATE).process(x)


def alone(*units: Unit, x: np.ndarray) -> np.ndarray:
    """A branch by itself."""
    return play(*(replace(unit, branch="") for unit in units), x=x)


def amp(folder: Path, chain: str) -> Preset:
    path = folder / "blend.toml"
    path.write_text(f'[[amp]]\nname = "Two"\nchain = [{chain}]\n')
    return read_preset(path)


# ---- how a preset says it


def test_branches_stand_before_the_blend_that_joins_them(tmp_path):
    text = """{ engine = "gain" }, { engine = "blend", mix = 0.25, align = false,
        a = [{ engine = "gain", gain = 6 }, { engine = "eq" }], b = [{ engine = "gain" }] }, { engine = "eq" }"""
    chain = amp(tmp_path, text).amps[0].chain
    assert [(spec.engine, spec.branch) for spec in chain] == [
        ("gain", ""),
        ("gain", "a"),
        ("eq", "a"),
        ("gain", "b"),
        ("blend", ""),
        ("eq", ""),
    ]
    assert labels(spec.engine for spec in chain) == ("gain", "gain2", "eq", "gain3", "blend", "eq2")
    assert (chain[4].params, chain[4].settings) == ({"mix": 0.25}, {"align": 0.0})
    assert [u.branch for u in chains(amp(tmp_path, text))[0].units] == ["", "a", "a", "b", "", ""]


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        ("{ engine = 'blend' }", NOTHING),
        ("{ engine = 'blend', a = [], b = [] }", NOTHING),
        ("{ engine = 'blend', a = { engine = 'gain' } }", ": a must be a list of engines, not a table"),
        (
            "{ engine = 'blend', b = [{ engine = 'gian' }] }",
            ", b, engine 1: unknown engine 'gian'; did you mean 'gain'?",
        ),
        ("{ engine = 'blend', a = [{ engine = 'gain' }], c = [] }", ": blend has no 'c'; known: a, b, mix, align"),
        (
            "{ engine = 'blend', a = [{ engine = 'blend', a = [{ engine = 'gain' }] }] }",
            ", a, engine 1: no blend within a branch; put one after the other",
        ),
        ("{ engine = 'gain', a = [] }", ": gain has no 'a'; known: gain"),
    ],
    ids=lambda value: value[:50],
)
def test_what_is_no_blend(tmp_path, engine, expected):
    path = tmp_path / "blend.toml"
    path.write_text(f'[[amp]]\nname = "Two"\nchain = [{engine}]\n')
    _, faults = examine(path)
    assert faults == (f"{path}: amp 1 'Two', engine 1{expected}",)


# ---- what is heard


@pytest.mark.parametrize("mix", [0.0, 0.3, 1.0])
def test_it_is_both_chains_run_apart_and_mixed(rng, mix):
    x = noise(rng)
    a, b = [unit("gain", "a", gain=6.0), unit("eq", "a", bass=6.0)], [unit("eq", "b", treble=-6.0)]
    around = [unit("gain", gain=-3.0)], [unit("eq", presence=3.0)]
    whole = play(*around[0], *blend(*a, *b, mix=mix), *around[1], x=x)
    middle = play(*around[0], x=x)
    mixed = (1 - mix) * alone(*a, x=middle) + mix * alone(*b, x=middle)
    assert np.allclose(whole, play(*around[1], x=mixed), atol=1e-6)


def test_alike_branches_keep_their_level(rng):
    x = noise(rng)
    assert np.allclose(play(*blend(unit("gain", "a"), unit("gain", "b")), x=x), x, atol=1e-6)


@pytest.mark.parametrize("side", ["a", "b"])
def test_a_branch_with_no_engine_is_the_signal_as_it_came(rng, side):
    x = noise(rng)
    silent = {"a": 0.0, "b": 1.0}[side]
    assert np.array_equal(play(*blend(unit("gain", side, gain=-60.0), mix=1.0 - silent), x=x), x)
    assert np.allclose(play(*blend(unit("gain", side, gain=-60.0), mix=silent), x=x), 1e-3 * x, atol=1e-6)


def test_one_blend_may_follow_another(rng):
    x = noise(rng)
    first = blend(unit("gain", "a", gain=6.0), unit("gain", "b", gain=-60.0), mix=0.0)
    second = blend(unit("gain", "a", gain=-60.0), unit("gain", "b", gain=6.0), mix=1.0)
    assert np.allclose(play(*first, *second, x=x), 10 ** (12 / 20) * x, rtol=1e-4, atol=1e-6)


def test_turning_the_mix_makes_no_step(rng):
    chain = Chain(blend(unit("gain", "a"), unit("gain", "b", gain=-20.0), mix=0.0), RATE)
    x = np.ones(BLOCK, np.float32)
    before = chain.process(x)
    chain.set(2, 0, 1.0)
    after = chain.process(x)
    assert np.abs(np.diff(np.r_[before, after])).max() < 1.1 * 0.9 / BLOCK
    assert after[-1] == pytest.approx(0.1, abs=1e-4)


# ---- what comes late, or turned over


@pytest.mark.parametrize("late", ["a", "b"])
@pytest.mark.parametrize("polarity", [1, -1])
def test_the_early_branch_waits_for_the_late_one(rng, late, polarity):
    x = noise(rng)
    early = "b" if late == "a" else "a"
    units = {late: unit("cab", late, ir(37, polarity)), early: unit("gain", early)}
    out = play(*blend(units["a"], units["b"]), x=x)
    sign = polarity if late == "a" else 1  # b is turned over, so that a stays as it is
    assert np.allclose(out[37:], sign * x[:-37], atol=1e-6)


def test_unaligned_branches_are_left_as_they_are(rng):
    x = noise(rng)
    units = blend(unit("gain", "a"), unit("cab", "b", ir(1, -1.0)), align=False)
    assert np.allclose(play(*units, x=x)[1:], 0.5 * (x[1:] - x[:-1]), atol=1e-6)


@pytest.mark.parametrize(("own", "delay"), [(44_100, 0), (44_100, 147), (96_000, 20)])
def test_an_engine_at_its_own_rate_is_waited_for(rng, own, delay):
    """The resamplers' latency and a delay that is counted at the engine's rate add up."""
    t = np.arange(6000) / RATE
    x = (0.3 * np.sin(2 * np.pi * 997 * t) + 0.2 * np.sin(2 * np.pi * 3001 * t)).astype(np.float32)
    units = blend(unit("gain", "a"), unit("cab", "b", ir(delay, rate=own)))
    chain = Chain(units, RATE)
    wait = resampler.around(own, RATE).latency + round(delay * RATE / own)
    assert chain.latency == wait
    assert np.abs(chain.process(x)[3000:] - x[3000 - wait : -wait]).max() < 1e-3


# ---- two microphones of one loudspeaker

APART = 24


@pytest.fixture
def pair(tmp_path: Path) -> dict[str, dict[str, Path]]:
    """Two microphones, one of them APART frames farther away, after a second in which nothing is heard."""
    response = np.r_[0.8, -0.4, 0.2, 0.1, -0.05]
    for name, late in (("near", 480), ("far", 480 + APART)):
        soundfile.write(tmp_path / f"{name}.wav", np.r_[np.zeros(late), response], RATE, subtype="FLOAT")
    return {name: {"ir": tmp_path / f"{name}.wav"} for name in ("near", "far")}


def mic(files: dict[str, Path], branch: str = "", rate: int = RATE) -> Unit:
    cab = registry()["cab"]
    return Unit(cab, cab.load(files, {}, rate), branch=branch)


def heard(*units: Unit) -> np.ndarray:
    return play(*units, x=np.eye(1, 400, dtype=np.float32)[0])


@pytest.mark.parametrize("late", ["a", "b"])
def test_two_microphones_stay_as_far_apart_as_they_were(pair, late):
    """And only so far: what both have before their sound delays nothing."""
    one = heard(mic(pair["near"]))
    assert np.argmax(np.abs(one)) == 0
    sides = (
        [mic(pair["far"], "a"), mic(pair["near"], "b")]
        if late == "a"
        else [mic(pair["near"], "a"), mic(pair["far"], "b")]
    )
    units = blend(*sides, align=False)
    expected = 0.5 * (one + np.r_[np.zeros(APART), one[:-APART]])
    assert np.allclose(heard(*units), expected, atol=1e-6)
    assert units[-1].payload.about == f"{late} waits {APART} frames"


def test_at_another_rate_too(pair):
    units = blend(mic(pair["near"], "a", 96_000), mic(pair["far"], "b", 96_000), align=False, rate=96_000)
    assert units[-1].payload.waits == (0, 2 * APART)


def test_aligned_they_begin_together(pair):
    units = blend(mic(pair["near"], "a"), mic(pair["far"], "b"))
    assert np.allclose(heard(*units), heard(mic(pair["near"])), atol=1e-6)
    assert (units[-1].payload.waits, units[-1].payload.about) == ((0, 0), "")


def test_a_microphone_beside_none_waits_for_nothing(pair):
    """What lies before its sound is then the file's own affair; so it is while the other one is off."""
    assert blend(mic(pair["far"], "a"), unit("gain", "b"), align=False)[-1].payload.waits == (0, 0)
    off = replace(mic(pair["far"], "b"), on=False)
    assert blend(mic(pair["near"], "a"), off, align=False)[-1].payload.waits == (0, 0)


# ---- what is late counts


def test_what_makes_sound_late_counts_and_what_is_off_does_not(pair):
    """Measured by an impulse, for each cause of it."""
    model = unit("cab", payload=ir(37))
    chains = {
        "a late capture": ([model], 37),
        "two of them": ([model, unit("gain"), model], 74),
        "the late branch": (blend(unit("gain", "a"), unit("cab", "b", ir(37))), 37),
        "the branch that waits": (blend(unit("gain", "a"), unit("cab", "b", ir(37)), mix=0.0), 37),
        "a and b, both late": (blend(unit("cab", "a", ir(50)), unit("cab", "b", ir(37))), 50),
        "microphones apart": (blend(mic(pair["near"], "a"), mic(pair["far"], "b"), align=False, mix=1.0), APART),
        "an engine that is off": ([replace(model, on=False), model], 37),
        "a blend that is off": (
            [*blend(unit("gain", "a"), unit("cab", "b", ir(37)))[:-1],
             replace(blend(unit("gain", "a"), unit("cab", "b", ir(37)))[-1], on=False)], 0),
        "what is off in a branch": (blend(unit("gain", "a"), replace(unit("cab", "b", ir(37)), on=False)), 0),
    }  # fmt: skip
    for cause, (units, late) in chains.items():
        chain = Chain(units, RATE)
        assert chain.latency == late, cause
        assert np.argmax(np.abs(chain.process(np.eye(1, 400, dtype=np.float32)[0]))) == late, cause


def test_switching_a_late_engine_off_takes_its_delay_away():
    chain = Chain([unit("cab", payload=ir(37)), unit("cab", payload=ir(5))], RATE)
    assert chain.latency == 42
    chain.switch(0, False)
    assert chain.latency == 5
    chain.switch(0, True)
    assert chain.latency == 42


def test_a_late_capture_counts(tmp_path):
    """Its file is measured, and at another rate it is as late in seconds."""
    model = registry()["model"]
    for jack, late in ((RATE, 24), (2 * RATE, 48)):
        payload = model.load({"model": wire(tmp_path, 24)}, model.settled({}), jack)
        chain = Chain([Unit(model, payload)], jack)
        assert chain.latency == late == np.argmax(np.abs(chain.process(np.eye(1, 400, dtype=np.float32)[0])))


def test_what_is_done_is_said():
    said = blend(unit("gain", "a"), unit("cab", "b", ir(37, -1.0)))[-1].payload.about
    assert said == "a waits 37 frames, b turned over"
    assert blend(unit("gain", "a"), unit("gain", "b"))[-1].payload.about == ""


def test_arranging_twice_changes_nothing(rng):
    once = blend(unit("gain", "a"), unit("cab", "b", ir(37, -1.0, level=2.0)))
    again = arranged(once, RATE)
    assert [u.payload for u in again if not u.payload.arrays] == [u.payload for u in once if not u.payload.arrays]
    x = noise(rng)
    assert np.array_equal(play(*again, x=x), play(*once, x=x))


def test_the_level_of_a_model_in_a_branch_is_that_branchs_alone(rng):
    x = noise(rng)
    out = play(*blend(unit("cab", "a", ir(level=4.0)), unit("gain", "b"), mix=0.5), x=x)
    assert np.allclose(out, 2.5 * x, atol=1e-5)


# ---- in the rack


def branched(foreign) -> tuple[Unit, ...]:
    """A chain whose output hangs on the past in both branches, by different spans, one of them at another rate."""
    a = [Unit(foreign("bend"), branch="a"), Unit(foreign("bend"), branch="a")]
    b = [Unit(foreign("bend"), Payload(rate=44_100, delay=100), branch="b")]
    return (Unit(foreign("bend")), *blend(*a, *b, mix=0.6), unit("eq", bass=6.0))


@pytest.mark.parametrize(("a", "b"), [(1, 2), (2, 1), (3, 0), (0, 3)])
def test_a_chain_hears_as_much_of_the_past_as_its_longer_branch(foreign, a, b):
    bend = Unit(foreign("bend"))
    one = Chain([bend], RATE).memory
    units = [replace(bend, branch="a")] * a + [replace(bend, branch="b")] * b
    assert Chain([bend, *blend(*units), bend], RATE).memory == (2 + max(a, b)) * one
    late = blend(*units, unit("cab", "b", ir(50)))
    assert Chain([bend, *late, bend], RATE).memory == 2 * one + max(a * one, b * one + 50) + 50


@pytest.mark.parametrize("period", [16, 64, 256])
def test_a_chain_that_caught_up_is_as_if_it_had_always_run(rng, foreign, period):
    x = noise(rng, RATE)
    always = Chain(branched(foreign), RATE)
    always.prewarm()
    ideal = always.process(x)
    rack = Rack(RATE)
    for i, chain in enumerate((Chain([unit("gain", gain=-60.0)], RATE), Chain(branched(foreign), RATE))):
        chain.prewarm()
        rack.offer("amp", i, chain)
    rack.limit(False)
    rack.begin(open=True)
    when = 16_128
    rack.process(x[:when], period)
    rack.play(1)
    out, _, _ = rack.process(x[when:], period)
    start = rack.meters().fade_frame
    assert when <= start < len(x) - 10_000
    rise = np.clip((np.arange(when, len(x)) - start + 0.5) / 480, 0, 1) * np.pi / 2
    faded = np.sin(rise) * ideal[when:] + np.cos(rise) * 1e-3 * x[when:]
    assert np.abs(out - faded).max() < 1e-5


def test_the_size_of_a_block_changes_nothing(rng, foreign):
    x = noise(rng)
    whole = Chain(branched(foreign), RATE).process(x)
    for block in (1, 37, 64, 1000):
        chain = Chain(branched(foreign), RATE)
        parts = [chain.process(x[at : at + block]) for at in range(0, len(x), block)]
        assert np.allclose(np.concatenate(parts), whole, atol=1e-6)


def test_the_guard_names_the_engine_that_broke_and_the_other_branch_plays_on(rng, foreign):
    x = noise(rng, 15 * BLOCK)
    broken = Unit(foreign("nan"), branch="b")
    chain = Chain(blend(unit("gain", "a", gain=6.0), broken, unit("gain", "b")), RATE)
    assert np.allclose(chain.process(x), 0.5 * (10 ** (6 / 20) + 1) * x, atol=1e-5)
    assert chain.faults == (0, 1, 0, 0)


# ---- while it plays, and on the screen


def test_a_blend_is_arranged_anew_when_something_in_it_changes(tmp_path):
    text = "{ engine = 'gain' }, { engine = 'blend', a = [{ ir = 'near.wav' }], b = [{ ir = 'near.wav' }] }"
    for name, gain in (("near", 1.0), ("turned", -1.0)):
        soundfile.write(tmp_path / f"{name}.wav", np.r_[gain, np.zeros(63)], RATE, subtype="FLOAT")
    amp(tmp_path, text).path.rename(tmp_path / "set.toml")
    gig, _ = gig_of(tmp_path)
    x = np.ones(100, np.float32)
    before = Chain(chain_of(gig).units, RATE).process(x)[-1]

    def after(verb: str) -> tuple[str, float]:
        gig.do(verb)
        gig.settle()
        units = chain_of(gig).units
        return units[-1].payload.about, Chain(units, RATE).process(x)[-1] / before

    assert chain_of(gig).units[-1].payload.about == ""
    assert after("load Two.cab2 turned.wav") == ("b turned over", pytest.approx(1.0, abs=1e-4))
    assert after("set Two.blend.align off") == ("", pytest.approx(0.0, abs=1e-4))
    assert after("set Two.blend.align on") == ("b turned over", pytest.approx(1.0, abs=1e-4))
    assert after("off Two.cab2") == ("", pytest.approx(1.0, abs=1e-4)), "a branch whose engine is bypassed is a wire"


def test_the_screen_shows_where_the_path_splits_and_joins():
    path = [("gate", "input", ""), ("gain", "amp", ""), ("wavenet", "amp", "a"), ("eq", "amp", "a")]
    path += [("wavenet2", "amp", "b"), ("blend", "amp", ""), ("cab", "output", "")]
    shown = screen.SignalChain()
    shown.engines = tuple(EngineView(name, "", where, (), branch=branch) for name, where, branch in path)
    line = "".join(text for text, _, _ in shown._pieces(beside=0))
    assert line == "in ── gate ─┼─ gain ─┬a─ wavenet ── eq ─│b─ wavenet2 ─┴─ blend ─┼─ cab ── out"
    shown.engines = shown.engines[4:6]
    assert "".join(text for text, _, _ in shown._pieces(beside=0)) == "in ───┬b─ wavenet2 ─┴─ blend ── out"


def test_check_and_info_show_where_the_path_splits_and_joins(tmp_path, capsys):
    chain = "{ engine = 'gain', gain = 3 }, { engine = 'blend', mix = 0.3, a = [{ engine = 'eq' }], b = [{ engine = 'gate' }] }"
    amp(tmp_path, f"{chain}, {{ engine = 'eq' }}")
    assert main(["check", str(tmp_path / "blend.toml")]) == 0
    assert "gain +3 → [a: eq, b: gate] → blend mix 0.3 → eq2" in capsys.readouterr().out
    amp(tmp_path, "{ engine = 'blend', b = [{ engine = 'eq' }] }")
    assert main(["info", str(tmp_path / "blend.toml")]) == 0
    assert "[b: eq] → blend" in capsys.readouterr().out
