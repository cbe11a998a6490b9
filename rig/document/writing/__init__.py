"""The way back from a Preset to its file: its text, changed where the preset changed, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rig import toml
from rig.document.document import Chain, EngineSpec, Preset, alike, labels, numbered
from rig.document.read import examine_text
from rig.document.writing.preset import PresetText
from rig.engine import Engine, registry
from rig.errors import RigError

Engines = Mapping[str, Engine]


def rewritten(text: str, before: Preset, after: Preset, engines: Engines | None = None) -> str:
    """`text`, which reads as `before`, changed so that it reads as `after`.

    What has the same identity in both is the same thing, moved or changed. All that stays as it is keeps every byte,
    and the comments around it. Where `after` is in another folder, all files are written as they are seen from there.
    engines: those that may be named; the registry's where None. No file of a chain needs to be there.
    Raises RigError where the text cannot be changed so; nothing that reads otherwise than `after` is ever returned.
    """
    engines = registry() if engines is None else engines
    before, after = _settled(before), _settled(after)
    if alike(before, after):
        return text
    try:
        changed = PresetText(text, before, after, engines).changed()
        _verify(changed, after, engines, text)
    except RigError as error:
        raise RigError(
            f"{after.path}: this preset cannot be changed in place: {error}; save it under another name"
        ) from None
    return changed


def fresh(preset: Preset, engines: Engines | None = None) -> str:
    """The text of a new file. Raises RigError for a preset that no file can say."""
    engines = registry() if engines is None else engines
    preset = _settled(preset)
    try:
        nothing = Preset(preset.path, preset.name, (), uid=preset.uid)
        text = PresetText(f"name = {toml.string(preset.name)}\n", nothing, preset, engines).changed()
        _verify(text, preset, engines, None)
    except RigError as error:
        raise RigError(f"{preset.path}: this preset cannot be written: {error}") from None
    return text


def _settled(preset: Preset) -> Preset:
    """As a reader gives it: every engine with a label, every file where it really is, no scene on."""

    def chain(specs: Chain) -> Chain:
        names = labels((spec.engine for spec in specs), [spec.label for spec in specs])
        return tuple(map(settled, specs, names))

    def settled(spec: EngineSpec, label: str) -> EngineSpec:
        return replace(spec, label=label, files={key: path.resolve() for key, path in spec.files.items()})

    return replace(
        preset.as_written(),
        input=chain(preset.input),
        output=chain(preset.output),
        amps=tuple(replace(amp, chain=chain(amp.chain), scene="", between=None) for amp in preset.amps),
    )


def _verify(text: str, wanted: Preset, engines: Engines, original: str | None) -> None:
    """Raises RigError where `text` does not read as wanted, or has faults that the original did not have."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RigError("a file's name is no text") from None
    found, faults = examine_text(wanted.path, text, engines, files=False)
    if faults and not (original and examine_text(wanted.path, original, engines, files=False)[1]):
        raise RigError(faults[0].removeprefix(f"{wanted.path}: "))
    if found is None:
        raise RigError("it would be no TOML")
    if not alike(found, wanted):
        there, asked = numbered(found), numbered(wanted)
        parts = (
            "name",
            "tempo",
            "follow",
            "tuning",
            "a4",
            "boost",
            "revert_scenes",
            "dbu",
            "input",
            "amps",
            "output",
            "metronome",
            "jack",
            "midi",
        )
        other = [part for part in parts if getattr(there, part) != getattr(asked, part)]
        raise RigError(f"its {' and '.join(other)} would read otherwise")
