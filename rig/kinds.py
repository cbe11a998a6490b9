"""What a file is, by its content: a preset, a model, a sound, or what is found in place of one and what to do then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HEAD = 4096
"""Bytes that are looked at."""


@dataclass(frozen=True)
class Kind:
    """name: one word, as --json has it. words: "a web page". advice: what to do where another kind was wanted."""

    name: str
    words: str
    advice: str = ""


PRESET = Kind("preset", "a preset")
MODEL = Kind("model", "a model")
SOUND = Kind("sound", "a sound file")
FOLDER = Kind("folder", "a folder")
UNKNOWN = Kind("unknown", "a file of no kind that rig knows")

WEB_PAGE = Kind("web page", "a web page", "the link led to a page about the file: download the file itself")
POINTER = Kind("pointer", "a Git LFS pointer", "the file that it stands for was not fetched: git lfs pull does that")
ARCHIVE = Kind("archive", "an archive", "unpack it and name a file that was in it")
SIDECAR = Kind("sidecar", "what macOS keeps beside a file", "name the file itself, without the ._ before it")
PICTURE = Kind("picture", "a picture")
DOCUMENT = Kind("document", "a PDF")
UTF_16 = Kind("utf-16", "text in UTF-16", "save it as UTF-8")

PRESETS = (".toml",)
MODELS = (".json", ".nam", ".aidax")
SOUNDS = (".wav", ".flac", ".aif", ".aiff", ".ogg", ".mp3", ".caf", ".w64", ".rf64", ".au")

BYTES: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"RIFF", SOUND), (0, b"RIFX", SOUND), (0, b"RF64", SOUND), (0, b"BW64", SOUND), (0, b"riff", SOUND),
    (0, b"fLaC", SOUND), (0, b"OggS", SOUND), (0, b"FORM", SOUND), (0, b"caff", SOUND), (0, b".snd", SOUND),
    (0, b"ID3", SOUND), (0, b"\xff\xfb", SOUND), (0, b"\xff\xf3", SOUND),
    (0, b"PK\x03\x04", ARCHIVE), (0, b"PK\x05\x06", ARCHIVE), (0, b"\x1f\x8b", ARCHIVE),
    (0, b"7z\xbc\xaf\x27", ARCHIVE), (0, b"Rar!", ARCHIVE), (0, b"\xfd7zXZ", ARCHIVE),
    (0, b"BZh", ARCHIVE), (257, b"ustar", ARCHIVE),
    (0, b"\x00\x05\x16\x07", SIDECAR), (0, b"\x00\x05\x16\x00", SIDECAR),
    (0, b"\x89PNG", PICTURE), (0, b"\xff\xd8\xff", PICTURE), (0, b"GIF8", PICTURE), (0, b"%PDF", DOCUMENT),
    (0, b"\xff\xfe", UTF_16), (0, b"\xfe\xff", UTF_16),
)  # fmt: skip
"""What files of a kind hold, and at which byte."""

OTHER_TOML = ("capture", "key file", "pedal file", "state")
"""What is TOML, too, and no preset."""

PAGE = ("<!doctype html", "<html", "<head", "<body", "<script", "<?xml", "<!--")
LFS = "version https://git-lfs.github.com/"
TABLE, KEY = r"""\[\[?\s*["']?[A-Za-z_][^\]\n,{}]*\]\]?\s*(#.*)?""", r"""["']?[A-Za-z_][\w."' -]*=.*"""
TOML = re.compile(rf"^[ \t]*({TABLE}|{KEY})$", re.MULTILINE)


def kind_of(path: Path) -> Kind:
    """What a file is. Its name's ending decides only where its first bytes don't, or cannot be read."""
    return FOLDER if path.is_dir() else _by_content(_head(path)) or _by_ending(path)


def misplaced(path: Path, wanted: str) -> str:
    """Why a file is not of the kind that is wanted, by that kind's name, and what to do; "" where it may be.

    A file of no kind that is known may be of any.
    """
    found = kind_of(path)
    if found is UNKNOWN or found.name == wanted or (wanted in OTHER_TOML and found is PRESET):
        return ""
    words = {kind.name: kind.words for kind in (PRESET, MODEL, SOUND)}.get(wanted, f"a {wanted}")
    return f"{found.words}, not {words}{'; ' if found.advice else ''}{found.advice}"


def _head(path: Path) -> bytes:
    """A file's first bytes, none where they cannot be read; a pipe is left alone."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(HEAD)
    except (OSError, ValueError):
        return b""


def _by_content(head: bytes) -> Kind | None:
    for at, magic, kind in BYTES:
        if head[at : at + len(magic)] == magic:
            return kind
    text = head.decode("utf-8-sig", errors="replace").lstrip()
    if text.lower().startswith(PAGE):
        return WEB_PAGE
    if text.startswith(LFS):
        return POINTER
    if text.startswith("{"):
        return MODEL
    return PRESET if TOML.search(text) and "\x00" not in text else None


def _by_ending(path: Path) -> Kind:
    ending = path.suffix.lower()
    for endings, kind in ((PRESETS, PRESET), (MODELS, MODEL), (SOUNDS, SOUND)):
        if ending in endings:
            return kind
    return UNKNOWN
