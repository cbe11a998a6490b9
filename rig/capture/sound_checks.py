"""What else is wrong with a pair: what was lost at full scale, what came along, what no model can learn."""

from __future__ import annotations

import numpy as np

from rig.capture import answer, blemishes
from rig.capture.pair import Finding, Found, Pair

CLIP = 0.9999
CLIPS = 3  # a loud recording may touch full scale now and then
OFFSET = 1e-3  # -60 dBFS
PLACES = 3  # that are named
HUM_DO = "lift a ground loop with a transformer box, and take it again"


def clipping(pair: Pair) -> Found:
    """What was lost at full scale, or at another highest value, cannot be learnt."""
    for side in pair.sides:
        do = "turn the return down" if side.name == "wet" else "record it softer"
        if clips := clipped(side.audio):
            yield Finding("clipping", f"{side.name} clips ({clips} samples at full scale)", f"{do} and take it again")
            continue
        high, low = blemishes.flat_tops(side.audio)
        if max(high, low) >= blemishes.FLAT_TOPS:
            which = "above and below" if min(high, low) >= blemishes.FLAT_TOPS else "above" if high > low else "below"
            what = f"{side.name} is cut off {which} ({high + low} flat tops), below full scale"
            yield Finding("clipping", what, f"an input before it was too loud; {do} and take it again")
        elif (peak := float(np.abs(side.audio).max(initial=0.0))) > 1.0:
            what = f"{side.name} goes {20 * np.log10(peak):.1f} dB over full scale, as only a file of floats can"
            yield Finding("clipping", what, "export it softer, or an amp will never hear what the model has learnt")


def clipped(audio: np.ndarray) -> int:
    """Samples at full scale, where they are more than a few; floats that go beyond it have not clipped."""
    height = np.abs(audio)
    clips = int(np.count_nonzero(height >= CLIP))
    return clips if clips > CLIPS and height.max() <= 1.0 else 0


def dropouts(pair: Pair) -> Found:
    """Where nothing was recorded, a model would learn to be silent; it is left out."""
    rate = pair.dry.rate
    gaps: list[tuple[int, int]] = []
    for side in pair.sides:
        found = blemishes.dropouts(side.audio, rate)
        if not found:
            continue
        places = ", ".join(f"at {pair.at(first)}" for first, _ in found[:PLACES])
        more = f" and {len(found) - PLACES} more" if len(found) > PLACES else ""
        what = f"{side.name} drops out {places}{more}"
        if pair.repeat:
            yield Finding("dropouts", what, "set a longer period, close other programs, and take it again")
        else:
            yield Finding("dropouts", f"{what}: left out")
            gaps += [(first - rate // 100, last + rate // 10) for first, last in found]  # an amp's memory, too
    if gaps:
        pair.leave_out(gaps)


def hum(pair: Pair) -> Found:
    """The mains, which a model would learn as if the amp made it."""
    for side in pair.sides:
        found = blemishes.hum(side.audio, pair.dry.rate)
        if found:
            what = f"{side.name} hums, at {found.hz:.0f} Hz and above, {found.db:.0f} dBFS"
            do = "turn the guitar, use another outlet or a shielded cable" if side.name == "dry" else HUM_DO
            yield Finding("hum", what, do)
            return  # the amp makes it of what the guitar brings


def offset(pair: Pair) -> Found:
    """What silence is: not nothing, where a sound card or an amp puts out DC."""
    for side in pair.sides:
        found = blemishes.offset(side.audio)
        if abs(found) >= OFFSET:
            db = 20 * np.log10(abs(found))
            what = f"{side.name} has an offset of {found:+.4f} ({db:.0f} dBFS)"
            yield Finding("offset", what, "the model will have it, too; the rig takes it off again behind each model")


def ringing(pair: Pair) -> Found:
    """A model remembers a twentieth of a second: no echo, and no room."""
    found = answer.ringing(pair.dry.audio, pair.wet.audio, pair.dry.rate)
    if found and found.seconds is None:
        what = f"the amp rings on ({found.level_db:.0f} dB): a reverb is on, and a model can't learn it"
        yield Finding("ringing", what, "turn it off and take it again; the rig has a reverb of its own")
    elif found and found.seconds:
        what = f"the amp answers again after {found.seconds * 1000:.0f} ms ({found.level_db:.0f} dB): a delay is on"
        yield Finding("ringing", f"{what}, and a model can't learn it", "turn it off and take it again")


def dynamics(pair: Pair) -> Found:
    """What goes by how loud it was a while ago is more than a model remembers."""
    found = answer.dynamics(pair.dry.audio, pair.wet.audio, pair.dry.rate)
    if found.gate_db is not None:
        what = f"wet vanishes where dry is {-found.gate_db:.0f} dB below its loudest: a noise gate is on"
        yield Finding("dynamics", what, "turn it off and take it again; the rig has a gate of its own")
    if found.remembers:
        what = f"wet is {-found.remembers:.1f} dB softer for half a second after what is loud: a slow compressor is on"
        yield Finding("dynamics", what, "turn it off, or the model plays its mean; the rig has one of its own")
