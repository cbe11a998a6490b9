"""Presets that nobody has heard yet, as they lie far from the song that plays: what was changed in one is built once
before it is saved, so that no file is written that cannot be played.
"""

from __future__ import annotations

from rig.document.corrections import remade
from rig.document.document import Preset
from rig.errors import RigError
from rig.gig.builder import Builder, BuildError, ChainSpec, channels_to, unheard


def prove(preset: Preset, saved: Preset, builder: Builder) -> None:
    """Build the chains of a preset that differ from its file's in more than knobs, and let go of them.

    Raises RigError.
    """
    before = {(owner, stage): {spec.uid: spec for spec in chain} for owner, stage, chain in saved.chains()}
    names = {amp.uid: amp.name for amp in preset.amps}
    for owner, stage, chain in preset.chains():
        olds = before.get((owner, stage), {})
        if all(spec.uid in olds and not remade(olds[spec.uid], spec) for spec in chain):
            continue
        called = f"{preset.name}/{names.get(owner, stage)}"
        try:
            built = builder.build(ChainSpec(chain, 0.0, preset.dbu, channels_to(stage, preset, builder.versions)))
            for spec, unit in zip(chain, built.units if built else (), strict=True):
                if fault := unheard(spec, unit):
                    raise BuildError(spec, fault)
        except BuildError as error:
            raise RigError(f"{called}.{error.label} can't be played, nothing was saved: {error}") from None
        except RigError as error:
            raise RigError(f"{called} can't be played, nothing was saved: {error}") from None
