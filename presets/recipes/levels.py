"""Makes amps equally loud: plays the demo take through each, measures it as ITU-R BS.1770 does, writes `level` lines.

python presets/recipes/levels.py presets/*.toml            # says how loud they are
python presets/recipes/levels.py presets/*.toml --write    # and levels them
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np

from rig.document.document import Document
from rig.document.read import read_preset
from rig.gig.render import load, settled
from rig.sound import read

HERE = Path(__file__).resolve().parent
TARGET = -20.0  # LUFS: a clean amp's peaks then stay below the limiter's knee
GATE = -70.0  # LUFS of a stretch, below which it does not count

# The two K-weighting filters of BS.1770 at 48 kHz: (b0, b1, b2), (1, a1, a2).
K_WEIGHTING = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)


def loudness(x: np.ndarray, rate: int) -> float:
    """Integrated loudness in LUFS of (frames,) at 48 kHz: K-weighted, in stretches of 0.4 s, gated twice.

    Of (2, frames), that of one side as loud as the two are in the mean: a mono amp comes out of both.
    """
    if rate != 48_000:
        raise ValueError(f"the weighting is stated for 48 kHz, not for {rate} Hz")
    frames = x.shape[-1]
    size = 1 << int(np.ceil(np.log2(2 * frames)))
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    spectrum = np.fft.rfft(x, size)
    for b, a in K_WEIGHTING:
        spectrum *= np.polyval(b[::-1], z) / np.polyval(a[::-1], z)
    power = np.atleast_2d(np.fft.irfft(spectrum, size)[..., :frames] ** 2).mean(axis=0)
    length, step = int(0.4 * rate), int(0.1 * rate)
    energy = np.array([np.mean(power[i : i + length]) for i in range(0, frames - length + 1, step)])
    heard = energy[energy > 10 ** ((GATE + 0.691) / 10)]
    heard = heard[heard > 0.1 * heard.mean()]
    return float(-0.691 + 10 * np.log10(heard.mean()))


def measure(path: Path, take: np.ndarray, rate: int) -> list[tuple[str, float, float, float]]:
    """(amp, its level in dB, LUFS, peak in dBFS) for each amp, without the limiter."""
    document = Document((read_preset(path),))
    found = []
    for amp in document.amps:
        loaded = load(document, amp.uid, rate)
        loaded.rack.limit(False)
        left, right, _ = settled(loaded).process(take)
        out = np.stack([left, right])
        found.append((amp.name, amp.level, loudness(out, rate), float(20 * np.log10(np.abs(out).max()))))
    return found


def with_levels(text: str, levels: list[float]) -> str:
    """A preset's text with a `level` line behind the name of each amp; everything else stays as it is."""
    head, *amps = re.split(r"(?m)^(?=\[\[amp\]\])", text)
    out = [head]
    for amp, level in zip(amps, levels, strict=True):
        amp = re.sub(r"(?m)^level = .*\n", "", amp)
        out.append(re.sub(r"(?m)^(name = .*\n)", rf"\g<1>level = {level:.1f}\n", amp, count=1))
    return "".join(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", type=Path, nargs="+")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    audio, rate = read(HERE.parent / "demo.flac")
    for path in args.preset:
        rows = measure(path, audio[:, 0], rate)
        for name, level, lufs, peak in rows:
            right = level + TARGET - lufs
            print(f"{path}  {name:10s} {lufs:6.1f} LUFS  peak {peak:6.1f} dBFS  level {level:+.1f} -> {right:+.1f}")
        if args.write:
            path.write_text(with_levels(path.read_text(), [level + TARGET - lufs for _, level, lufs, _ in rows]))


if __name__ == "__main__":
    main()
