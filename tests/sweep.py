"""How good a change of rate is, measured with sines. Run it for a table: `python tests/sweep.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rig.engine import Engine, Payload, registry
from rig.native import Chain, Unit, resampler

PAIRS = ((44_100, 48_000), (48_000, 44_100), (48_000, 96_000), (44_100, 96_000), (96_000, 48_000))  # chain, engine
SECONDS = 0.5


@dataclass(frozen=True)
class Quality:
    """latency: frames. level: the largest error, in dB, from 20 Hz to `passband` Hz. jitter: how far from `latency` the delay
    is at worst, in frames. images: the loudest of all that was added to a sine from that range, in dB below it.
    aliases: the loudest that a sine from beyond it leaves within it."""

    latency: int
    passband: float
    level: float
    jitter: float
    images: float
    aliases: float


def wire(engine: int, chain: int) -> Chain:
    """A chain at `chain` Hz of an engine that does nothing, at `engine` Hz."""
    return Chain([Unit(registry()["gain"], Payload(rate=engine))], chain)


def sine(hz: float, rate: int, seconds: float = SECONDS) -> np.ndarray:
    """(frames,) float32, at full scale."""
    return np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate).astype(np.float32)


def split(y: np.ndarray, hz: float, rate: int) -> tuple[complex, np.ndarray]:
    """A signal as a sine of `hz` (its level and phase against frame 0) and what else is in it, (frames,)."""
    turn = np.exp(2j * np.pi * hz * np.arange(len(y)) / rate)
    (a, b), *_ = np.linalg.lstsq(np.stack([turn.imag, turn.real], 1), y.astype(float), rcond=None)
    return complex(a, b), y - a * turn.imag - b * turn.real


def loudest(rest: np.ndarray, rate: int, below: float) -> float:
    """The strongest sine in a signal below a frequency, in dB of full scale."""
    n = 2 * np.pi * np.arange(len(rest)) / len(rest)
    window = 0.35875 - 0.48829 * np.cos(n) + 0.14128 * np.cos(2 * n) - 0.01168 * np.cos(3 * n)  # Blackman-Harris
    spectrum = 2 * np.abs(np.fft.rfft(rest * window)) / window.sum()
    return float(20 * np.log10(spectrum[np.fft.rfftfreq(len(rest), 1 / rate) <= below].max() + 1e-12))


def within(engine: int, chain: int) -> np.ndarray:
    """Frequencies that should come through."""
    return np.geomspace(20, resampler.passband(engine, chain), 16)


def beyond(rate: int, engine: int, chain: int) -> np.ndarray:
    """Frequencies that a signal at `rate` can have and that needn't."""
    return np.linspace(resampler.passband(engine, chain), rate / 2, 16)[1:-1]


def measure(engine: int, chain: int, tone: Callable[[float], Chain] | None = None) -> Quality:
    """tone: (Hz) -> a chain at `chain` Hz of an engine at `engine` Hz that itself plays a sine at full scale.

    Without it only what comes in from outside is seen, not what an engine adds.
    """
    passband = resampler.passband(engine, chain)
    levels, jitters, images = [], [], []
    for hz in within(engine, chain):
        made = wire(engine, chain)
        settled = made.process(sine(hz, chain))[made.memory :]
        a, rest = split(settled, hz, chain)
        levels.append(20 * np.log10(abs(a)))
        late = a * np.exp(-2j * np.pi * hz * (made.memory - made.latency) / chain)
        jitters.append(np.angle(late) / (2 * np.pi * hz / chain))
        images.append(loudest(rest, chain, chain / 2))
    sounds = [(wire(engine, chain), sine(hz, chain)) for hz in beyond(chain, engine, chain)]
    if tone:
        sounds += [(tone(hz), np.zeros(int(SECONDS * chain), np.float32)) for hz in beyond(engine, engine, chain)]
    aliases = [loudest(made.process(x)[made.memory :], chain, passband) for made, x in sounds]
    return Quality(made.latency, passband, *_worst(levels), *_worst(jitters), max(images), max(aliases))


def _worst(errors: Sequence[float]) -> tuple[float]:
    return (float(np.abs(errors).max()),)


def tone_of(engine: Engine, rate: int, chain: int) -> Callable[[float], Chain]:
    """What `measure` wants, of the tests' engine that plays a sine."""
    return lambda hz: Chain([Unit(engine, Payload(rate=rate), {"hz": hz})], chain)


if __name__ == "__main__":
    print(" chain  engine   latency           level        images    aliases")
    for chain, engine in PAIRS:
        q = measure(engine, chain)
        print(
            f"{chain:6} {engine:7} {q.latency:4} ({1e3 * q.latency / chain:.2f} ms) {q.level:.4f} dB to "
            f"{q.passband / 1e3:.1f} kHz {q.images:7.1f} dB {q.aliases:7.1f} dB"
        )
