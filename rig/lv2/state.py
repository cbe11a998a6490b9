"""What a plug-in remembers beside its knobs: as numbers for C, and in a file beside the preset, as TOML.

plugin = "http://..."

[[property]]
key = "http://...#impulse"
type = "http://lv2plug.in/ns/ext/atom#Path"
value = "rooms/hall.wav"
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rig import toml
from rig.errors import RigError, quoted
from rig.files import read_text
from rig.lv2.lilv import LV2

LIMIT = 64 << 20
"""Bytes of a state's file."""

PROPERTIES = 10_000
"""Of a state."""

ATOM = f"{LV2}ext/atom#"
PATH = f"{ATOM}Path"
TEXTS = (f"{ATOM}String", f"{ATOM}URI", PATH)
NUMBERS = {f"{ATOM}Int": "<i", f"{ATOM}Bool": "<i", f"{ATOM}Long": "<q", f"{ATOM}Float": "<f", f"{ATOM}Double": "<d"}
POD, PORTABLE = 1, 2


@dataclass(frozen=True)
class Property:
    """One of what a plug-in remembers. type: its URI. content: as it lies in memory, a text with its end."""

    type: str
    content: bytes
    flags: int = POD | PORTABLE


State = Mapping[str, Property]
"""By the properties' URIs."""


def path_property(path: Path) -> Property:
    """A file that a plug-in is to use."""
    return Property(PATH, bytes(path) + b"\0", POD)


def numbers(state: State) -> tuple[int, ...]:
    """As C has it: see csrc/lv2/state.h."""
    found = b""
    for key, each in state.items():
        parts = (key.encode() + b"\0", each.type.encode() + b"\0", each.content)
        found += struct.pack("<4I", *map(len, parts), each.flags) + b"".join(map(_whole, parts))
    return tuple(np.frombuffer(found, np.int32).tolist())


def _whole(part: bytes) -> bytes:
    return part + b"\0" * (-len(part) % 4)


def of_numbers(found: Sequence[int]) -> dict[str, Property]:
    """The way back."""
    raw, at, state = np.array(found, np.int32).tobytes(), 0, {}
    while at < len(raw):
        *sizes, flags = struct.unpack_from("<4I", raw, at)
        at += 16
        parts = []
        for size in sizes:
            parts.append(raw[at : at + size])
            at += size + -size % 4
        key, kind = (part.rstrip(b"\0").decode(errors="replace") for part in parts[:2])
        state[key] = Property(kind, parts[2], flags)
    return state


def read(path: Path, uri: str) -> dict[str, Property]:
    """What a file says that the plug-in of that URI remembers. Raises RigError naming file and fault."""
    content = toml.read(read_text(path, "state", LIMIT), path, "state")
    if content.get("plugin") != uri:
        whose = quoted(content["plugin"]) if "plugin" in content else "no plug-in"
        raise RigError(f"{path}: this is the state of {whose}, not of {uri}")
    listed = content.get("property", [])
    if not isinstance(listed, list):
        raise RigError(f"{path}: a property starts with [[property]]")
    if len(listed) > PROPERTIES:
        raise RigError(f"{path}: {len(listed)} properties; a state has at most {PROPERTIES}")
    state = {}
    for number, entry in enumerate(listed, 1):
        try:
            state[entry["key"].strip()] = _property(entry, path.parent)
        except (ArithmeticError, AttributeError, KeyError, RuntimeError, TypeError, ValueError, struct.error):
            raise RigError(f"{path}: property {number} is none: it has key, type and value, or data") from None
    return state


def _property(entry: Mapping[str, object], folder: Path) -> Property:
    kind, flags = str(entry["type"]), int(str(entry.get("flags", POD | PORTABLE)))
    if not 0 <= flags < 1 << 32:
        raise ValueError
    if "data" in entry:
        return Property(kind, base64.b64decode(str(entry["data"]), validate=True), flags)
    value = entry["value"]
    if kind == PATH:
        return path_property((folder / Path(str(value)).expanduser()).resolve())
    if kind in TEXTS:
        return Property(kind, str(value).encode() + b"\0", flags)
    if not isinstance(value, (int, float)):
        raise TypeError
    whole = NUMBERS[kind][1] in "iq"
    return Property(kind, struct.pack(NUMBERS[kind], int(value) if whole else float(value)), flags)


def written(state: State, uri: str, folder: Path) -> str:
    """The text of a file in `folder` that says a state."""
    lines = [f"plugin = {toml.string(uri)}"]
    for key, each in state.items():
        lines += ["", "[[property]]", f"key = {toml.string(key)}", f"type = {toml.string(each.type)}"]
        lines += [_value(each, folder)]
        if each.flags != (POD if each.type == PATH else POD | PORTABLE):
            lines += [f"flags = {each.flags}"]
    return "\n".join(lines) + "\n"


def _value(of: Property, folder: Path) -> str:
    if of.type in NUMBERS and len(of.content) == struct.calcsize(NUMBERS[of.type]):
        return f"value = {toml.number(struct.unpack(NUMBERS[of.type], of.content)[0])}"
    text = of.content.rstrip(b"\0")
    if of.type in TEXTS and _is_text(text):
        said = text.decode()
        if of.type == PATH and Path(said).is_relative_to(folder):
            said = Path(said).relative_to(folder).as_posix()
        return f"value = {toml.string(said)}"
    return f"data = {toml.string(base64.b64encode(of.content).decode())}"


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
