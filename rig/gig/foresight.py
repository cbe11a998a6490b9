"""What a verb is about to do, so that the rack can do it by itself in the frame in which a pedal is pressed.

It is only ever a start: whoever reads of the press does the verb, and where more has happened meanwhile that holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rig.document import address, edits
from rig.document.document import LEVEL, USUAL_BOOST, Document, Preset
from rig.document.scenes import applied
from rig.errors import RigError
from rig.gig.set_list import parts

if TYPE_CHECKING:
    from rig.gig.gig import Gig


class Ahead(NamedTuple):
    """An amp that is about to play. scene: that is on then; None: as it is. song: that plays then; 0: the same one."""

    amp: int
    scene: str | None = None
    song: int = 0


def ahead(gig: Gig, words: str) -> Ahead | None:
    """What amp, scene, part or song a verb is about to pick; None where it picks none, or is about to fail."""
    verb, _, rest = words.partition(" ")
    try:
        if verb in ("next", "prev"):
            amps = [amp.uid for amp in gig.document.stage(gig.playing)]
            return Ahead(amps[(amps.index(gig.playing) + (1 if verb == "next" else -1)) % len(amps)])
        if verb == "scene" and rest:
            return Ahead(gig.playing, address.scene_meant(gig.amp, rest))
        if verb == "part":
            song, at = gig.set_list.part_meant(rest)
            return Ahead(*parts(gig.document, song)[at])
        if verb == "song" and rest:
            step = {"next": 1, "prev": -1}.get(rest)
            song = gig.set_list.song_ahead(step) if step else gig.set_list.named(rest)
            return Ahead(*parts(gig.document, song)[0], song.uid)
    except RigError:
        pass
    return None


def preset_then(gig: Gig, to: Ahead) -> tuple[Preset, Preset]:
    """The preset of an amp that is about to play: as it is heard now, and as it will be."""
    preset, amp = gig.document.preset_of(to.amp), gig.document.amp(to.amp)
    document = Document((preset,))
    now = applied(document, gig.playing).presets[0]
    if preset.amp(gig.playing):
        now = gig.as_heard(now)
    scene = amp.scene if to.scene is None else to.scene
    same = (to.amp, scene) == (gig.playing, gig.amp.scene)
    if not same and gig.amp.active and preset.revert_scenes and preset.amp(gig.playing):
        document = edits.revert_scene(document, gig.playing, gig.saved_preset)
    if to.scene is not None:
        document = edits.recall_scene(document, to.amp, to.scene)
    then = applied(document, to.amp).presets[0]
    return now, gig.as_heard(then) if same else then


def open_then(gig: Gig, words: str, on: bool | None) -> bool | None:
    """Whether it will be heard when mute or the tuner is turned over, or goes on or off; None: words say otherwise."""
    verb, _, rest = words.partition(" ")
    if rest in ("on", "off"):
        on = rest == "on"
    muted, tuning, heard = gig.muted, gig.tuning, False
    if verb == "mute" and rest in ("", "on", "off"):
        muted, heard = not muted if on is None else on, gig.heard_tuning
    elif verb == "tuner" and rest in ("", "on", "off", "heard"):
        heard = rest == "heard"
        tuning = heard or (not tuning if on is None else on)
    else:
        return None
    return not (muted or (tuning and not heard))


def boosted_level(gig: Gig, on: bool) -> float:
    """How loud the amp that plays will be, in a solo or not, in dB."""
    preset = gig.preset
    amp = applied(Document((preset,)), gig.playing).presets[0].amp(gig.playing)
    assert amp
    usual = USUAL_BOOST if preset.boost is None else preset.boost
    return min(LEVEL[1], amp.level + usual) if on else amp.level
