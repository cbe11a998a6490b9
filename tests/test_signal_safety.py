"""Whatever comes in, and whatever breaks: what leaves is sound within the ceiling, the guilty is named, and it is over soon."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rig.engine import registry
from rig.native import BLOCK, Chain, Rack, Unit

RATE = 48_000
SOON = RATE // 10  # frames
ENGINES = (
    "gain",
    "eq",
    "peq",
    "drive",
    "volume",
    "dc",
    "tremolo",
    "chorus",
    "phaser",
    "comp",
    "gate",
    "delay",
    "reverb",
    "wah",
)
RINGING = ("delay", "reverb")
FAULTY = ("broken", "touchy", "blast", "howl")

HOSTILE = {
    "NaN": lambda n, rng: np.full(n, np.nan),
    "Inf": lambda n, rng: np.where(rng.random(n) < 0.5, np.inf, -np.inf),
    "the largest number": lambda n, rng: np.full(n, 3.4e38),
    "denormals": lambda n, rng: rng.uniform(-1e-39, 1e-39, n),
    "a sine at +60 dB": lambda n, rng: 1000 * np.sin(2 * np.pi * 110 * np.arange(n) / RATE),
    "noise at +60 dB": lambda n, rng: rng.uniform(-1000, 1000, n),
    "DC": lambda n, rng: np.full(n, 1.0),
    "a square wave": lambda n, rng: np.where(np.arange(n) // 50 % 2, 1.0, -1.0),
    "one wild frame in a hundred": lambda n, rng: np.where(rng.random(n) < 0.01, np.float32(np.nan), 0.1),
}
SANE = ("denormals", "DC", "a square wave")


@st.composite
def chains(draw: st.DrawFn) -> list[tuple[str, dict[str, float], bool]]:
    """Engines with their knobs anywhere, the faulty ones among them: (name, knobs, whether it is a faulty one)."""
    found = []
    for name in draw(st.lists(st.sampled_from(ENGINES), min_size=1, max_size=4)):
        knobs = {p.name: draw(st.floats(p.minimum, p.maximum)) for p in registry()[name].params}
        found.append((name, knobs, False))
    if draw(st.booleans()):
        found.insert(draw(st.integers(0, len(found))), (draw(st.sampled_from(FAULTY)), {}, True))
    return found


def music(seconds: float, level: float = 0.2) -> np.ndarray:
    frames = int(seconds * RATE)
    wave = np.sin(2 * np.pi * 110 * np.arange(frames) / RATE) + np.random.default_rng(3).normal(0, 0.2, frames)
    return (level * wave).astype(np.float32)


def unit(name: str, **knobs: float) -> Unit:
    engine = registry()[name]
    return Unit(engine, engine.load({}, engine.settled({}), RATE), knobs)


def made(found, foreign) -> Chain:
    chain = Chain([_faulty(foreign(name)) if faulty else unit(name, **knobs) for name, knobs, faulty in found], RATE)
    chain.prewarm()
    return chain


def _faulty(engine) -> Unit:
    return Unit(engine, params={"value": 9.9e5} if engine.name == "blast" else {})


def rack_of(chain: Chain) -> Rack:
    rack = Rack(RATE)
    rack.offer("amp", 0, chain)
    rack.begin(open=True)
    return rack


FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(
    found=chains(),
    what=st.sampled_from(sorted(HOSTILE)),
    frames=st.integers(1, 30_000),
    period=st.sampled_from([16, 64, 1000]),
)
def test_what_leaves_is_sound_within_the_ceiling(foreign, found, what, frames, period):
    rack = rack_of(made(found, foreign))
    burst = HOSTILE[what](frames, np.random.default_rng(frames)).astype(np.float32)
    signal = np.concatenate([music(0.2), burst, music(0.3)])
    left, right, di = rack.process(signal, period)
    for side in (left, right, di):
        assert np.isfinite(side).all()
    assert max(np.abs(left).max(), np.abs(right).max()) <= 1.0


@FEW
@given(found=chains(), what=st.sampled_from(sorted(HOSTILE)), frames=st.integers(1, 30_000))
def test_the_guilty_is_named_and_the_others_play_on(foreign, found, what, frames):
    chain = made(found, foreign)
    rack = rack_of(chain)
    burst = HOSTILE[what](frames, np.random.default_rng(frames)).astype(np.float32)
    rack.process(np.concatenate([music(0.2, 0.5), burst, music(0.2, 0.5)]))
    meters = rack.meters()
    assert bool(meters.input_faults) == (
        (what not in SANE and np.nanmax(np.abs(burst)) >= 10) or bool(np.isnan(burst).any())
    )
    culprit = next((i for i, (_, _, faulty) in enumerate(found) if faulty), len(found))
    if culprit == 0 and found[0][0] != "touchy":
        assert chain.faults[0], "nothing is before it that could silence it"
    if what in SANE:
        assert not any(chain.faults[:culprit]), "our own bear all that a guitar can do"


@FEW
@given(found=chains(), what=st.sampled_from(sorted(HOSTILE)), frames=st.integers(1, 30_000))
def test_a_tenth_of_a_second_later_it_is_as_if_nothing_had_been(foreign, found, what, frames):
    """But for what engines are meant to remember: a rack that heard silence instead is what it is held against."""
    chain, other = made(found, foreign), made(found, foreign)
    reach = chain.memory + chain.latency
    assume(reach <= RATE and not any(name in RINGING for name, _, _ in found))
    assume(
        not any(name in ("howl", "touchy") for name, _, _ in found[1:])
    )  # they break by what others make of the past
    frames = (frames + BLOCK - 1) // BLOCK * BLOCK
    burst = HOSTILE[what](frames, np.random.default_rng(frames)).astype(np.float32)
    after = music(0.3 + reach / RATE)
    heard = []
    for one, before in ((chain, burst), (other, np.zeros(frames, np.float32))):
        rack = rack_of(one)
        rack.limit(False)
        heard.append(rack.process(np.concatenate([before, after]))[0][frames:])
    late = SOON + reach
    scale = np.abs(heard[1][late:]).max() + 1e-3
    assert np.abs(heard[0][late:] - heard[1][late:]).max() <= 1e-3 * scale


def test_what_howls_is_named_and_ends_and_a_panic_tries_it_again(foreign):
    chain = Chain([Unit(foreign("howl")), unit("gain", gain=-6.0)], RATE)
    rack = rack_of(chain)
    x = music(8.0)
    out = rack.process(x)[0]
    assert np.abs(out).max() <= 1.0
    assert chain.faults[0] >= 8
    assert chain.faults[1] == 0
    assert chain.left_out == ("broken", "")
    rack.limit(False)
    bare = rack.process(x[:RATE])[0]
    np.testing.assert_allclose(bare, x[:RATE] * np.float32(10 ** (-6 / 20)), rtol=1e-4, atol=1e-6)
    rack.panic()
    rack.process(music(0.1))
    assert chain.left_out == ("", "")


def test_a_delay_at_its_most_stays_within_the_ceiling():
    most = {p.name: p.maximum for p in registry()["delay"].params if p.name in ("feedback", "mix")}
    rack = rack_of(Chain([unit("delay", **most, time=20.0) for _ in range(3)], RATE))
    out = rack.process(music(20.0, 1.0))[0]
    assert np.isfinite(out).all()
    assert np.abs(out).max() <= 1.0


def test_denormals_cost_no_more_than_music(foreign):
    """They are flushed: no engine ever hears one."""
    rack = rack_of(made([("eq", {}, False), ("delay", {"feedback": 0.9}, False)], foreign))
    out = rack.process(HOSTILE["denormals"](RATE, np.random.default_rng(0)).astype(np.float32))[0]
    tiny = np.abs(out[out != 0])
    assert not tiny.size or tiny.min() >= np.finfo(np.float32).tiny


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_what_was_hostile_is_forgotten_by_an_echo_too(what):
    """It never hears more than +20 dBFS: what it repeats is no louder than that, and dies away."""
    rack = rack_of(Chain([unit("delay", time=100.0, feedback=0.5, mix=0.5)], RATE))
    burst = HOSTILE[what](RATE // 2, np.random.default_rng(0)).astype(np.float32)
    out = rack.process(np.concatenate([burst, np.zeros(2 * RATE, np.float32)]))[0]
    assert np.abs(out).max() <= 1.0
    assert np.abs(out[-RATE // 10 :]).max() < 1e-3
