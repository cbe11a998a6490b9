"""History: the documents before, undo and redo, and what is saved against what plays."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from rig.document.document import Amp, Between, Document, EngineSpec, Preset
from rig.errors import RigError

STEPS = 500
"""Documents that are kept. They share all that did not change, so that a step costs little."""

TOGETHER_SECONDS = 3.0
"""A knob that is turned again within so long is still being turned."""


@dataclass(frozen=True)
class Step:
    """A document, and what was done to come to it."""

    document: Document
    what: str = ""


class History:
    """What the player wants, wanted before, and has saved.

    saved: the presets as their files have them, with the identities of the document.
    """

    def __init__(self, document: Document) -> None:
        self._past: list[Step] = []
        self._now = Step(document)
        self._future: list[Step] = []
        self._together: tuple[Hashable, float] | None = None
        self._edited: Document | None = None  # while what is saved plays: what `ab` goes back to
        self.saved: tuple[Preset, ...] = tuple(preset.as_written() for preset in document.presets)
        self._known: tuple[Document | None, tuple[Preset, ...], tuple[Preset, ...]] = (None, (), ())

    @property
    def document(self) -> Document:
        """What is wanted now."""
        return self._now.document

    def do(
        self,
        document: Document,
        what: str,
        now: float,
        together: Hashable = None,
        within: float = TOGETHER_SECONDS,
    ) -> None:
        """Another document. what: was done, for `undo` to say. now: in seconds.

        together: what is done with the same one, one after the other and `within` so many seconds, is one step.
        """
        going_on = self._together and self._together[0] == together and now - self._together[1] < within
        if document == self.document:
            self._together = (together, now) if going_on else None
            return
        self._together = (together, now) if together is not None else None
        self._future.clear()
        self._edited = None
        if going_on:
            self._now = Step(document, what)
            if self._past and self._past[-1].document == document:  # turned back to where it stood
                self._now, self._together = self._past.pop(), None
            return
        self._past = [*self._past[1 - STEPS :], self._now]
        self._now = Step(document, what)

    def before(self, together: Hashable) -> Document | None:
        """The document that what is done `together` has begun from, where that is what was done last."""
        begun = self._together is not None and self._together[0] == together and self._past
        return self._past[-1].document if begun else None

    def undo(self) -> str:
        """Back to the document before, the scenes that are on staying on. Returns what was undone.

        Raises RigError where there is none.
        """
        if not self._past:
            raise RigError("nothing to undo")
        was = self._now
        self._future.append(was)
        self._now, self._together, self._edited = scenes_kept(self._past.pop(), was), None, None
        return was.what

    def redo(self) -> str:
        """Forth again. Returns what was done again. Raises RigError where nothing was undone."""
        if not self._future:
            raise RigError("nothing to redo")
        self._past.append(self._now)
        self._now, self._together, self._edited = scenes_kept(self._future.pop(), self._now), None, None
        return self._now.what

    def amend(self, change: Callable[[Document], Document]) -> None:
        """Take something back that never came to be heard: from the document, and from all those before and after."""
        steps = [Step(change(step.document), step.what) for step in (*self._past, self._now, *reversed(self._future))]
        here = len(self._past)
        kept = [i for i in range(len(steps)) if i in (0, here) or steps[i].document != steps[i - 1].document]
        if here and steps[here].document == steps[here - 1].document:  # the step that is taken back itself
            kept.remove(here)
            here = max(i for i in kept if i < here)
            self._together = None
        self._past = [steps[i] for i in kept if i < here]
        self._now = steps[here]
        self._future = [steps[i] for i in reversed(kept) if i > here]
        if self._edited is not None:
            self._edited = change(self._edited)

    def include(self, preset: Preset) -> None:
        """A preset is part of the set, as if it had been from the beginning."""
        self.amend(lambda document: replace(document, presets=(*document.presets, preset)))
        self.saved = (*self.saved, preset.as_written())

    def amend_now(self, change: Callable[[Document], Document]) -> None:
        """What is wanted now, corrected: no step of its own."""
        self._now = Step(change(self._now.document), self._now.what)

    # --- what is saved ---

    def unsaved(self) -> tuple[Preset, ...]:
        """The presets that differ from their files; while what is saved plays, those that `ab` comes back to."""
        wanted = self.document if self._edited is None else self._edited
        if self._known[0] is not wanted or self._known[1] is not self.saved:  # it is asked at each look
            now = (preset.as_written() for preset in wanted.presets)
            saved = {preset.uid: preset for preset in self.saved}
            self._known = (wanted, self.saved, tuple(preset for preset in now if preset != saved[preset.uid]))
        return self._known[2]

    def saved_engine(self, uid: int) -> EngineSpec | None:
        """An engine as its preset's file has it, or None."""
        return next((spec for preset in self.saved for spec in preset.engines() if spec.uid == uid), None)

    def save(self, preset: Preset) -> None:
        """A preset is on disk as it is given here. What is done next is a step of its own."""
        self._together = None
        self.saved = tuple(preset.as_written() if old.uid == preset.uid else old for old in self.saved)

    def ab(self, now: float) -> bool:
        """From what was changed to what is saved, or back again. Returns whether what is saved plays now.

        Raises RigError where nothing was changed.
        """
        edited = self.document
        saved = _with_scenes(replace(edited, presets=self.saved), edited)
        if tuple(preset.as_written() for preset in edited.presets) != self.saved:
            self.do(saved, "as saved", now, "ab", math.inf)  # to and fro is no step of undo
            self._edited = edited
            return True
        if self._edited is None:
            raise RigError("all is as it was saved")
        self.do(_with_scenes(self._edited, edited), "as changed", now, "ab", math.inf)
        return False

    @property
    def comparing(self) -> bool:
        """Whether what is saved plays, and `ab` brings back what was changed."""
        return self._edited is not None


def scenes_kept(step: Step, now: Step) -> Step:
    """A step with the scenes on that are on now: they are played, not edited."""
    return replace(step, document=_with_scenes(step.document, now.document))


def _with_scenes(document: Document, now: Document) -> Document:
    presets = tuple(map(with_scenes_of, document.presets, now.presets))
    if all(a is b for a, b in zip(presets, document.presets, strict=True)):
        return document
    return replace(document, presets=presets)


def with_scenes_of(saved: Preset, now: Preset) -> Preset:
    """A preset as saved, with the scenes on that are on now, where it has them."""
    on = {amp.uid: (amp.scene, amp.between) for amp in now.amps}
    if all((amp.scene, amp.between) == on.get(amp.uid, ("", None)) for amp in saved.amps):
        return saved
    return replace(saved, amps=tuple(_with_scene_on(amp, *on.get(amp.uid, ("", None))) for amp in saved.amps))


def _with_scene_on(amp: Amp, scene: str, between: Between | None) -> Amp:
    return replace(amp, scene=scene if amp.has_scene(scene) else "", between=between)
