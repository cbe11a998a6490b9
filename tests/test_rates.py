"""Engines at rates of their own: what the resamplers around them do to the sound, and when."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from sweep import PAIRS, loudest, measure, sine, split, tone_of, wire, within

from rig.document.document import Document
from rig.document.file import open_preset
from rig.engine import Payload, registry
from rig.errors import RigError
from rig.gig.builder import Place
from rig.gig.gig import Gig
from rig.gig.reconciler import Reconciler
from rig.native import BLOCK, Chain, Rack, Unit, decibels, resampler

EITHER = st.sampled_from((8_000, 22_050, 32_000, 44_100, 47_952, 48_000, 88_200, 96_000, 192_000, 384_000))
ANY = st.one_of(EITHER, st.integers(resampler.SLOWEST, resampler.FASTEST))


def noise(rng: np.random.Generator, frames: int) -> np.ndarray:
    return rng.normal(0, 0.2, frames).astype(np.float32)


def cut(chain: Chain, x: np.ndarray, block: int) -> np.ndarray:
    return np.concatenate([chain.process(x[at : at + block]) for at in range(0, len(x), block)])


@pytest.mark.parametrize(("chain", "engine"), [*PAIRS, (192_000, 44_100), (96_000, 88_200), (48_000, 47_999)])
def test_nothing_is_heard_of_a_change_of_rate_but_a_delay(foreign, chain, engine):
    """Sines from 20 Hz to the end of the pass band come back as they were; what folds is 100 dB down or not heard."""
    quality = measure(engine, chain, tone_of(foreign("tone"), engine, chain))
    assert quality.passband >= 18_000
    assert quality.level < 0.001
    assert quality.jitter < 0.001
    assert quality.images < -100
    assert quality.aliases < -100
    assert quality.latency / chain < 0.001


@pytest.mark.parametrize(("chain", "engine"), PAIRS)
def test_what_an_engine_adds_comes_back_as_it_is(foreign, chain, engine):
    for hz in within(engine, chain).astype(np.float32).tolist():
        made = tone_of(foreign("tone"), engine, chain)(hz)
        a, rest = split(made.process(np.zeros(chain // 2, np.float32))[made.memory :], hz, chain)
        assert abs(decibels(abs(a))) < 0.001
        assert loudest(rest, chain, chain / 2) < -100


@pytest.mark.parametrize(("chain", "engine"), PAIRS)
def test_twenty_kilohertz_are_there_where_both_rates_have_room(chain, engine):
    made = wire(engine, chain)
    a, _ = split(made.process(sine(20_000, chain))[made.memory :], 20_000, chain)
    assert abs(decibels(abs(a))) < (0.01 if 44_100 not in (chain, engine) else 1.0)


@pytest.mark.parametrize(("chain", "engine"), PAIRS)
def test_it_is_what_soxr_makes_of_it_there_and_back(rng, chain, engine):
    x = soxr.resample(noise(rng, 20_000), 32_000, chain, quality="VHQ")  # nothing above 16 kHz
    made = wire(engine, chain)
    ours = made.process(x)[made.latency :]
    theirs = soxr.resample(soxr.resample(x, chain, engine, quality="VHQ"), engine, chain, quality="VHQ")[: len(ours)]
    error = (ours - theirs)[1000:-1000]
    assert decibels(float(np.std(error) / np.std(x))) < -100


@pytest.mark.parametrize(("chain", "engine"), PAIRS)
def test_the_latency_is_exact_to_the_frame(chain, engine):
    made = wire(engine, chain)
    for at in (0, 1000, 1001, 1159):
        x = np.zeros(2000, np.float32)
        x[at] = 1.0
        assert np.argmax(np.abs(wire(engine, chain).process(x))) == at + made.latency
    assert Chain([], chain).latency == 0
    assert wire(chain, chain).latency == 0
    twice = Chain([Unit(registry()["gain"], Payload(rate=engine))] * 2, chain)
    assert twice.latency == 2 * made.latency


@settings(max_examples=60, deadline=None)
@given(chain=ANY, engine=ANY, block=st.integers(1, 3 * BLOCK), seed=st.integers(0, 99))
def test_at_any_two_rates_the_size_of_a_block_changes_nothing(chain, engine, block, seed):
    x = noise(np.random.default_rng(seed), 1500)
    assert np.array_equal(cut(wire(engine, chain), x, block), wire(engine, chain).process(x))


@pytest.mark.parametrize("block", range(1, BLOCK + 1))
def test_the_same_bits_for_all_sizes_of_block(foreign, rng, block):
    """Around an engine that remembers and bends, which every shift would show in."""
    x = noise(rng, 3000)
    for chain, engine in PAIRS:
        units = [Unit(foreign("bend"), Payload(rate=engine))]
        assert np.array_equal(cut(Chain(units, chain), x, block), Chain(units, chain).process(x))


@settings(max_examples=40, deadline=None)
@given(chain=ANY, engine=ANY)
def test_at_any_two_rates_the_sound_is_the_same_and_late_by_the_latency(chain, engine):
    hz = 0.4 * resampler.passband(engine, chain)
    made = wire(engine, chain)
    x = sine(hz, chain, (made.memory + 4000) / chain)
    error = made.process(x)[made.memory :] - x[made.memory - made.latency : len(x) - made.latency]
    assert decibels(np.abs(error).max()) < -85, "all images together at their worst"


@pytest.mark.parametrize(("chain", "engine"), PAIRS)
def test_memory_suffices_and_is_not_much_too_long(foreign, rng, chain, engine):
    units = [Unit(foreign("bend"), Payload(rate=engine))]
    memory = Chain(units, chain).memory
    one, other = noise(rng, 3 * memory), noise(rng, 3 * memory)
    other[memory:] = one[memory:]
    differs = np.flatnonzero(Chain(units, chain).process(one) != Chain(units, chain).process(other))
    assert 0.95 * memory < differs[-1] + 1 - memory <= memory


@pytest.mark.parametrize(("chain", "engine"), PAIRS)
def test_an_amp_that_catches_up_stands_where_it_would_had_it_always_run(foreign, rng, chain, engine):
    """To the place of its frames between the chain's: a bent signal would show any other."""
    units = [Unit(registry()["gain"], params={"gain": 3.0}), Unit(foreign("bend"), Payload(rate=engine))]
    units += [Unit(registry()["cab"], Payload((np.hanning(200) / 100,), rate=chain // 2))]
    always = Chain(units, chain)
    always.prewarm()
    late = Chain(units, chain)
    late.prewarm()
    rack = Rack(chain)
    rack.offer("amp", 0, Chain([], chain))
    rack.offer("amp", 1, late)
    rack.limit(False)
    rack.begin(open=True)
    x = noise(rng, 20_000)
    ideal = always.process(x)
    for begin, end, amp in ((0, 4007, 0), (4007, 9000, 1), (9000, 13_001, 0), (13_001, 20_000, 1)):
        rack.play(amp)
        out, _, _ = rack.process(x[begin:end], 50)
        if amp:
            settled = late.memory + chain // 50
            assert np.abs(out[settled:] - ideal[begin + settled : end]).max() < 1e-6
    assert rack.meters().playing == 1


def test_the_key_is_in_step_with_the_signal(foreign, rng):
    """An engine that listens to what came into the rack does so at its own rate, too."""
    x, key = noise(rng, 3000), noise(rng, 3000)
    listens = Chain([Unit(foreign("bend"), Payload(rate=44_100), {"key": 1})], 48_000)
    hears = Chain([Unit(foreign("bend"), Payload(rate=44_100))], 48_000)
    assert np.array_equal(listens.process(x, key), hears.process(key))


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("name", ["nan", "inf"])
def test_a_broken_engine_at_its_own_rate_is_caught_and_the_sound_goes_on(foreign, name, rate):
    x = 0.5 * sine(1000, 48_000, 313 * BLOCK / 48_000)
    chain = Chain([Unit(foreign(name), Payload(rate=rate), {"when": 100})], 48_000)
    out = chain.process(x)
    assert np.isfinite(out).all()
    pieces = 1 if rate < 48_000 else 2  # that a block comes to the engine in
    assert chain.faults[0] == 313 * pieces // 100, "a fault does not linger in the filters"
    wrong = np.abs(out[chain.latency :] - x[: -chain.latency]) > 1e-4
    assert 0 < wrong.sum() < chain.faults[0] * (BLOCK + 2 * chain.latency)


def test_levels_around_an_engine_are_its_own_and_cost_nothing_where_there_are_none(rng):
    x = noise(rng, 2000)
    cab = Payload((np.array([0.5, 0.25]),))
    plain = Chain([Unit(registry()["cab"], cab)], 48_000).process(x)
    for rate in (0, 48_000):
        loud = Payload(cab.arrays, gain_in=4.0, gain_out=0.5, rate=rate)
        assert np.array_equal(Chain([Unit(registry()["cab"], loud)], 48_000).process(x), 2.0 * plain)


def test_levels_are_around_the_engine_not_around_the_chain(foreign, rng):
    """What drives an engine that bends isn't what makes it loud."""
    x = noise(rng, 2000)
    bend = Chain([Unit(foreign("bend"), Payload(gain_in=2.0, gain_out=0.25))], 48_000)
    drive = [Unit(registry()["gain"], params={"gain": float(20 * np.log10(g))}) for g in (2.0, 0.25)]
    by_hand = Chain([drive[0], Unit(foreign("bend")), drive[1]], 48_000)
    assert np.allclose(bend.process(x), by_hand.process(x), atol=1e-6)


def test_an_engine_is_told_its_own_rate(foreign):
    """It says so itself: it plays a sine of the pitch that it was asked for."""
    for engine in (44_100, 48_000, 96_000):
        played = tone_of(foreign("tone"), engine, 48_000)(997.0).process(np.zeros(48_000, np.float32))
        assert np.argmax(np.abs(np.fft.rfft(played))) == 997


def test_a_rate_that_no_sound_has_is_refused():
    for rate in (1, 441, 4_800_000):
        with pytest.raises(RigError, match="8000 to 384000 Hz"):
            wire(rate, 48_000)


def test_the_status_says_what_the_chains_that_play_add(tmp_path):
    chain, late = 48_000, 44_100
    path = tmp_path / "one.toml"
    path.write_text("".join(f'[[amp]]\nname = "{name}"\nchain = []\n' for name in ("Quick", "Late")))
    file = open_preset(path)
    quick, slow = (amp.uid for amp in file.preset.amps)
    amps = {quick: Chain([], chain), slow: wire(late, chain)}
    after = wire(96_000, chain)
    loaded = Reconciler(Rack(chain))
    loaded.load(Document((file.preset,)), quick)
    specs = {chain: tuple(SimpleNamespace(on=True, uid=0) for _ in chain.units) for chain in (*amps.values(), after)}
    loaded.path = lambda preset, amp: [
        (Place("amp", amp), specs[amps[amp]], amps[amp]),
        (Place("output", preset), specs[after], after),
    ]
    told = []
    jack = SimpleNamespace(
        name="rig", rate=chain, block=64, alive=True, running=False, xruns=0, server="", latency_ms=lambda: 2.0, connections=lambda: (), there=lambda: (), came=lambda: (),
        delay=told.append, reopen=lambda start: start, has=lambda wire: True,
    )  # fmt: skip
    gig = Gig([file], loaded, jack, quick)
    frames = [wire(rate, chain).latency for rate in (96_000, late)]
    ms = [1000 * f / chain for f in frames]
    assert gig.status().latency_ms == pytest.approx(2.0 + ms[0])
    gig.do("amp Late")
    assert gig.status().latency_ms == pytest.approx(2.0 + ms[0] + ms[1])
    gig.do("bypass")
    assert gig.status().latency_ms == pytest.approx(2.0 + ms[0])
    assert told == [frames[0], sum(frames), frames[0]], "JACK is told the same"
    jack.alive, jack.latency_ms = False, lambda: 0.0
    assert gig.status().latency_ms == 0.0


def test_the_filters_are_designed_once_a_pair_of_rates():
    assert resampler.around(44_100, 48_000) is resampler.around(44_100, 48_000)
