"""What `rig engines --lv2` tells of installed plug-ins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from rig.engine import Param
from rig.errors import RigError
from rig.lv2.engines import engine
from rig.lv2.plugin import installed, plugin


@dataclass(frozen=True)
class PluginFacts:
    """An installed plug-in. inputs, outputs: channels. files: the preset keys that may name one.

    refused: why it cannot be played; "" where it can, as far as what is written of it tells.
    """

    uri: str
    name: str
    kind: str
    author: str
    inputs: int
    outputs: int
    files: tuple[str, ...]
    params: tuple[Param, ...]
    refused: str = ""

    def facts(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def plugin_facts(words: str, show: Callable[[float], None]) -> tuple[PluginFacts, ...]:
    """The installed plug-ins whose name, class or URI has all words. show: is told 0..1 of the work done.

    Raises RigError where there is no lilv.
    """
    found = []
    listed = installed(words)
    for i, each in enumerate(listed):
        show(i / len(listed))
        found.append(_facts(each.uri))
    return tuple(found)


def _facts(uri: str) -> PluginFacts:
    found = plugin(uri)
    ins, outs = found.audio(comes_in=True), found.audio(comes_in=False)
    try:
        playing = engine(uri)
        files, params, why = playing.file_keys, playing.params, ""
    except RigError:
        files, params, why = (), (), found.refused()
    return PluginFacts(uri, found.name, found.kind, found.author, ins, outs, files, params, why)
