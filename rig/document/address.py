"""What a player's words name in a document, and what a thing in it is called: "Crunch.gain.gain", "Rock/Clean.model".

Words are read here and nowhere else: inside, a thing is its identity. A word that names two things is refused,
with what to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rig.document.document import (
    INPUT,
    LEVEL_KNOB,
    OUTPUT,
    Amp,
    Chain,
    Document,
    EngineSpec,
    Pick,
    Preset,
    Target,
)
from rig.document.knobs import AMP_LEVEL, Knob, called, kind, knob_of
from rig.errors import RigError, cut, did_you_mean
from rig.files import spelled, unreadable
from rig.shipped import named_by


@dataclass(frozen=True)
class Place:
    """A chain of a document. stage: "input", "amp" or "output". owner: the amp, or the preset."""

    stage: str
    owner: Amp | Preset
    preset: Preset

    @property
    def chain(self) -> Chain:
        """Its engines."""
        if isinstance(self.owner, Amp):
            return self.owner.chain
        return self.owner.input if self.stage == INPUT else self.owner.output


def places(document: Document) -> Iterator[Place]:
    """All chains, preset by preset, in the order of the signal."""
    for preset in document.presets:
        yield Place(INPUT, preset, preset)
        yield from (Place("amp", amp, preset) for amp in preset.amps)
        yield Place(OUTPUT, preset, preset)


# --- what things are called ---------------------------------------------------------------------------------------


def name_of(document: Document, place: Place, playing: int) -> str:
    """What a chain is called while an amp (its identity) plays: "Crunch"; "Rock/Clean" where two amps are Clean.

    Whatever amps and presets are called, that name finds it.
    """
    short = place.owner.name if isinstance(place.owner, Amp) else place.stage
    for name in (short, f"{place.preset.name}/{short}", f"{_number(document.presets, place.preset)}/{short}"):
        if _finds(document, name, place, playing):
            return name
    return str(_number(document.amps, place.owner))


def _finds(document: Document, name: str, place: Place, playing: int) -> bool:
    """Whether it is the name of a chain, and of nothing else."""
    end = _end(document, name, playing)
    if isinstance(place.owner, Preset):
        return end is not None and (end.stage, end.owner.uid) == (place.stage, place.owner.uid)
    found = _named(document, name, playing)
    if len(found) > 1 and document.songs:  # the one beside the amp that plays is meant
        found = [amp for amp in found if _together(document, amp.uid, playing)]
    return end is None and [amp.uid for amp in found] == [place.owner.uid]


def _number(things: Sequence[Amp | Preset], thing: Amp | Preset) -> int:
    return [other.uid for other in things].index(thing.uid) + 1


def path_of(document: Document, uid: int, playing: int) -> str:
    """What an engine is called: "Crunch.model", "output.cab"."""
    place, spec = engine_at(document, uid)
    return f"{name_of(document, place, playing)}.{spec.label}"


def engine_at(document: Document, uid: int) -> tuple[Place, EngineSpec]:
    """An engine by its identity. Raises KeyError."""
    for place in places(document):
        for spec in place.chain:
            if spec.uid == uid:
                return place, spec
    raise KeyError(uid)


# --- what words name ----------------------------------------------------------------------------------------------


def amp(document: Document, words: str, playing: int | None = None) -> Amp:
    """An amp by its number (from 1), its name, or "Preset/Name". Raises RigError with the nearest name.

    playing: of an amp's identity; among amps of one name, the one in its preset is meant, and where there are songs
    numbers count the amps of its preset.
    """
    text = words.strip()
    amps = document.stage(playing)
    named = _named(document, text, playing)
    near = [found for found in named if playing is not None and _together(document, found.uid, playing)]
    if len(named) > 1 and len(near) != 1:
        raise RigError(f"{len(named)} amps are called '{cut(text)}': write {_choices(document, named)}")
    if named:
        return (near or named)[0]
    if re.fullmatch("[0-9]+", text):
        raise RigError(f"no amp {text[:9]}: this {'preset' if document.songs else 'set'} has {len(amps)}")
    names = [found.name for found in amps]
    raise RigError(f"no amp '{cut(text)}'{did_you_mean(text, names) or '; there are ' + ', '.join(names)}")


def _named(document: Document, text: str, playing: int | None = None) -> list[Amp]:
    """The amps that it may mean."""
    amps = document.amps
    if playing is not None and document.songs and re.fullmatch("[0-9]{1,9}", text):
        stage = document.stage(playing)
        return [stage[int(text) - 1]] if 1 <= int(text) <= len(stage) else []
    if re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= len(amps):
        return [amps[int(text) - 1]]
    ways = _in_presets(document, text)
    named = [found for found in amps if _same(found, text)]
    return named or [found for preset, name in ways for found in preset.amps if _same(found, name)]


def pick(document: Document, words: str, playing: int | None = None) -> Pick:
    """An amp, or an amp and one of its scenes, "Lead:Solo". Raises RigError."""
    try:
        return Pick(amp(document, words, playing).uid)
    except RigError:
        name, colon, scene_name = words.rpartition(":")
        if not colon:
            raise
    found = amp(document, name, playing)
    return Pick(found.uid, scene(found, scene_name.strip()))


def scene(of: Amp, words: str) -> str:
    """The name of an amp's scene as it is written. Raises RigError with the nearest."""
    names = [scene.name for scene in of.scenes]
    for name in names:
        if name.casefold() == words.casefold():
            return name
    hint = did_you_mean(words, names) or (f"; there are {', '.join(names)}" if names else "; it has none")
    raise RigError(f"{of.name} has no scene '{cut(words)}'{hint}")


def scene_meant(amp: Amp, words: str) -> str:
    """A scene by its name or its number, from 1; "" for "none", and for the number of the one that is on."""
    if words == "none":
        return ""
    if not words.isdecimal() or any(other.name == words for other in amp.scenes):
        return scene(amp, words)
    number, scenes = int(words[:9]), amp.scenes
    if not 0 <= number <= len(scenes):
        has = f"it has {len(scenes)}" if scenes else "it has none; 'scene store NAME' makes one of what you turned"
        raise RigError(f"{amp.name} has no scene {number}: {has}")
    name = scenes[number - 1].name if number else ""
    return "" if name == amp.scene else name


def chain(document: Document, words: str, playing: int) -> Place:
    """A chain by its name: an amp's, "input", "output" (of the playing amp's preset), "Rock/output"."""
    text = words.strip()
    end = _end(document, text, playing)
    if end:
        return end
    found = amp(document, text, playing)
    return Place("amp", found, document.preset_of(found.uid))


def _end(document: Document, text: str, playing: int) -> Place | None:
    """The input or the output chain that it means."""
    if text.casefold() in (INPUT, OUTPUT):
        preset = document.preset_of(playing)
        return Place(text.casefold(), preset, preset)
    for preset, name in _in_presets(document, text):
        if name.casefold() in (INPUT, OUTPUT):
            return Place(name.casefold(), preset, preset)
    return None


def engine(document: Document, words: str, playing: int) -> tuple[Place, EngineSpec]:
    """An engine by its path, "Crunch.gain". Raises RigError with the nearest name."""
    where, dot, label = words.strip().rpartition(".")
    if not dot or not where:
        raise RigError(f"'{cut(words)}' names no engine: write amp.engine, as in 'Crunch.gain'")
    place = chain(document, where, playing)
    return place, _labelled(place, where, label)


def _labelled(place: Place, where: str, label: str) -> EngineSpec:
    found = called(place.chain, label)
    if found:
        return found
    names = [spec.label for spec in place.chain]
    hint = did_you_mean(label, names) or f"; there are {', '.join(names) or 'none'}"
    raise RigError(f"{cut(where)} has no engine '{cut(label)}'{hint}")


def knob(document: Document, words: str, playing: int) -> tuple[Target, Knob]:
    """A knob, a setting, a switch or an amp's level by its path, "Crunch.gain.gain". Raises RigError."""
    where, dot, name = words.strip().rpartition(".")
    if dot and name == LEVEL_KNOB:
        try:
            return Target(amp(document, where, playing).uid, LEVEL_KNOB), AMP_LEVEL
        except RigError:
            if "." not in where:
                raise
    if "." not in where:
        raise RigError(f"'{cut(words)}' names no knob: write amp.engine.knob, as in 'set Crunch.gain.gain 3.5'")
    _, spec = engine(document, where, playing)
    return Target(spec.uid, name), knob_of(spec, name, where)


def file(document: Document, words: str, playing: int) -> tuple[EngineSpec, str, Path]:
    """An engine and the file it is to play, "Crunch.model models/lead.nam": engine, the file's key, its path.

    Of an engine that can play several, "Crunch.cab.ir2 cabs/room.wav" names one of them. The file is looked for beside
    the preset, as those are that the preset names. Raises RigError.
    """
    ask = "load: what? Write amp.engine and a file, as in 'load Crunch.model models/lead.nam'"
    found = split_file(document, words, playing)
    if found:
        place, spec, key, name = found
    else:
        place, spec, name = split_engine(document, words, playing, ask)
        keys = kind(spec).files or kind(spec).playable
        if len(keys) != 1:
            path = path_of(document, spec.uid, playing)
            raise RigError(f"{path} plays {'more than one file' if keys else 'no file'}")
        key = keys[0]
    if not name:
        raise RigError(ask)
    return spec, key, existing(place.preset, name, key)


def split_file(document: Document, words: str, playing: int) -> tuple[Place, EngineSpec, str, str] | None:
    """Where "Crunch.cab.ir2" and what follows it names a file's key: its engine, the key, the rest; else None."""
    words = words.strip()
    for match in re.finditer(r"\.(\w+)(?:\s|$)", words):
        try:
            place, spec = engine(document, words[: match.start()], playing)
        except RigError:
            continue
        if match[1] in kind(spec).file_keys:
            return place, spec, match[1], words[match.end() :].strip()
    return None


def existing(preset: Preset, name: str, key: str) -> Path:
    """A file by what a player calls it, looked for beside the preset. Raises RigError where there is none."""
    try:
        given = spelled(named_by(preset.path, Path(name).expanduser()))
        path = given.resolve()
    except (OSError, RuntimeError, ValueError):
        raise RigError(f"'{cut(name)}' is no path") from None
    fault = unreadable(given, key, cut(name))
    if fault:
        raise RigError(fault)
    return path


def split_engine(document: Document, words: str, playing: int, ask: str) -> tuple[Place, EngineSpec, str]:
    """An engine's path and what follows it; names of amps and of files may have spaces and dots.

    ask: what is said where there is no path.
    """
    words = words.strip()
    fault: RigError | None = None
    for match in re.finditer(r"\.(\S+)", words):
        try:
            place, spec = engine(document, words[: match.end()], playing)
        except RigError as error:
            fault = fault or error
        else:
            return place, spec, words[match.end() :].strip()
    raise fault or RigError(ask)


def split_chain(document: Document, words: str, playing: int) -> tuple[Place, str]:
    """A chain's name and what follows it, the longest name that fits. Raises RigError."""
    parts = words.split(" ")
    fault: RigError | None = None
    for end in range(len(parts), 0, -1):
        try:
            return chain(document, " ".join(parts[:end]), playing), " ".join(parts[end:]).strip()
        except RigError as error:
            fault = error
    raise fault or RigError("which chain? An amp's name, input or output")


def _in_presets(document: Document, text: str) -> Iterator[tuple[Preset, str]]:
    """The ways to read "Rock/Clean": presets by number or name, and what stands behind the stroke."""
    for i, letter in enumerate(text):
        if letter == "/":
            before, name = text[:i].strip(), text[i + 1 :].strip()
            for number, preset in sorted(enumerate(document.presets, 1), key=lambda way: before != str(way[0])):
                if before.casefold() in (str(number), preset.name.casefold()):
                    yield preset, name


def _same(amp: Amp, name: str) -> bool:
    return amp.name.casefold() == name.casefold()


def _together(document: Document, one: int, other: int) -> bool:
    return document.preset_of(one).uid == document.preset_of(other).uid


def _choices(document: Document, named: list[Amp]) -> str:
    full = [name_of(document, Place("amp", amp, document.preset_of(amp.uid)), amp.uid) for amp in named]
    return f"{', '.join(full[:-1])} or {full[-1]}"
