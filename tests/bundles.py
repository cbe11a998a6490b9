"""The LV2 plug-ins of tests/plugins.c, described as installed ones are."""

from __future__ import annotations

import shutil
from pathlib import Path

PREFIXES = """@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix atom: <http://lv2plug.in/ns/ext/atom#> .
@prefix patch: <http://lv2plug.in/ns/ext/patch#> .
@prefix props: <http://lv2plug.in/ns/ext/port-props#> .
@prefix state: <http://lv2plug.in/ns/ext/state#> .
@prefix units: <http://lv2plug.in/ns/extensions/units#> .
@prefix urid: <http://lv2plug.in/ns/ext/urid#> .
@prefix work: <http://lv2plug.in/ns/ext/worker#> .
"""


def audio(symbol: str, way: str, more: str = "") -> str:
    return f'a lv2:AudioPort, lv2:{way}Port ; lv2:symbol "{symbol}" ; lv2:name "{symbol.title()}" {more}'


def control(symbol: str, low: float, high: float, start: float, more: str = "", way: str = "Input") -> str:
    spread = f"lv2:minimum {low} ; lv2:maximum {high} ; lv2:default {start}"
    return f'a lv2:ControlPort, lv2:{way}Port ; lv2:symbol "{symbol}" ; lv2:name "The {symbol}" ; {spread} {more}'


def events(symbol: str, way: str, size: int = 0) -> str:
    room = f"; <http://lv2plug.in/ns/ext/resize-port#minimumSize> {size}" if size else ""
    named = f'lv2:symbol "{symbol}" ; lv2:name "{symbol}"'
    return f"a atom:AtomPort, lv2:{way}Port ; atom:bufferType atom:Sequence ; {named} {room}"


MONO = (audio("in", "Input"), audio("out", "Output"))
POINTS = "".join(
    f'; lv2:scalePoint [ rdfs:label "{word}" ; <http://www.w3.org/1999/02/22-rdf-syntax-ns#value> {value} ] '
    for word, value in (("a lot", 8), ("some", 2), ("none", 0))
)

PLUGINS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "gain": ("AmplifierPlugin", (*MONO, control("gain", 0, 10, 1, "; units:unit units:coef")), ""),
    "choice": (
        "AmplifierPlugin",
        (*MONO, control("gain", 0, 8, 2, f"; lv2:portProperty lv2:enumeration {POINTS}")),
        "",
    ),
    "widen": ("Plugin", (audio("in", "Input"), audio("left", "Output"), audio("right", "Output")), ""),
    "swap": (
        "Plugin",
        tuple(audio(s, w) for s, w in (("l", "Input"), ("r", "Input"), ("lo", "Output"), ("ro", "Output"))),
        "",
    ),
    "key": ("Plugin", (MONO[0], audio("side", "Input", "; lv2:portProperty lv2:isSideChain"), MONO[1]), ""),
    "worker": ("Plugin", (*MONO, control("number", 0, 10, 0)), "; lv2:requiredFeature work:schedule, urid:map"),
    "state": (
        "Plugin",
        (*MONO, control("set", 0, 10, 0)),
        "; lv2:extensionData state:interface ; patch:writable <urn:rig-test:state#ir>",
    ),
    "late": ("Plugin", (*MONO, control("late", 0, 100, 0, "; lv2:portProperty lv2:reportsLatency", "Output")), ""),
    "switched": ("Plugin", (*MONO, control("enabled", 0, 1, 1, "; lv2:designation lv2:enabled")), ""),
    "counts": ("Plugin", MONO, ""),
    "began": ("Plugin", MONO, ""),
    "echo": ("DelayPlugin", MONO, ""),
    "tempo": (
        "Plugin",
        (*MONO, control("bpm", 1, 400, 100, "; lv2:designation <http://lv2plug.in/ns/ext/time#beatsPerMinute>")),
        "",
    ),
    "rate": ("Plugin", (*MONO, control("hz", 0, 0.5, 0.25, "; lv2:portProperty lv2:sampleRate")), ""),
    "events": ("Plugin", (*MONO, events("midi", "Input"), events("notify", "Output", 20000)), ""),
    "talks": ("Plugin", MONO, ""),
    "crash": ("Plugin", MONO, ""),
    "hang": ("Plugin", MONO, ""),
    "nan": ("Plugin", MONO, ""),
    "ends": ("Plugin", MONO, ""),
    "hungry": ("Plugin", MONO, ""),
    "needy": ("Plugin", MONO, "; lv2:requiredFeature <urn:rig-test:nobody-has-it>"),
    "voltage": ("Plugin", (*MONO, 'a lv2:CVPort, lv2:InputPort ; lv2:symbol "cv" ; lv2:name "CV"'), ""),
    "synth": ("InstrumentPlugin", MONO[1:], ""),
    "many": ("Plugin", (*MONO, *(control(f"k{i}", 0, 1, 0) for i in range(1100))), ""),
    "lost": ("Plugin", MONO, ""),
}
"""Class, ports, and what else is said of each. lost: its library does not have it."""


def uri(name: str) -> str:
    return f"urn:rig-test:{name}"


def has_lilv() -> bool:
    """Whether there is what reads them."""
    from rig.errors import RigError
    from rig.lv2.lilv import World

    try:
        World()
    except RigError:
        return False
    return True


def install(folder: Path, library: Path) -> None:
    """Make a folder of bundles, as $LV2_PATH names one."""
    bundle = folder / "rig-test.lv2"
    bundle.mkdir(parents=True)
    shutil.copy(library, bundle / "plugins.so")
    manifest, said = [PREFIXES], [PREFIXES]
    for name, (kind, ports, more) in PLUGINS.items():
        manifest.append(f"<{uri(name)}> a lv2:Plugin ; lv2:binary <plugins.so> ; rdfs:seeAlso <plugins.ttl> .")
        numbered = " , ".join(f"[ lv2:index {i} ; {port} ]" for i, port in enumerate(ports))
        said.append(f'<{uri(name)}> a lv2:Plugin, lv2:{kind} ; doap:name "Test {name}" ; lv2:port {numbered} {more} .')
    said.append("<urn:rig-test:state#ir> a lv2:Parameter ; rdfs:range atom:Path .")
    (bundle / "manifest.ttl").write_text("\n".join(manifest))
    (bundle / "plugins.ttl").write_text("\n".join(said))
