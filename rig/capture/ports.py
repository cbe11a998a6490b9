"""Which two ports the amp hangs between: as asked for, as picked, or the first of the sound card."""

from __future__ import annotations

from collections.abc import Sequence

from rig.errors import RigError, did_you_mean
from rig.jack.client import Client
from rig.text import printable


def choose(client: Client, send: str | None, back: str | None, *, ask: bool) -> tuple[str, str]:
    """(the port that takes what we send, the port that gives the return). Raises RigError where there is none such."""
    takes, gives = client.ports(inputs=True), client.ports(inputs=False)
    return (
        _one(send, takes, "--send", "Which port leads to the amp?", ask),
        _one(back, gives, "--return", "Which port does the amp come back on?", ask),
    )


def _one(given: str | None, there: Sequence[str], option: str, question: str, ask: bool) -> str:
    if given is not None:
        if given not in there:
            raise RigError(f"{option}: JACK has no port '{given}'{_known(given, there)}")
        return given
    if not there:
        raise RigError(f"{option}: JACK has no port for it: connect a sound card, and start JACK again")
    return _asked(there, question) if ask and len(there) > 1 else there[0]


def _known(given: str, there: Sequence[str]) -> str:
    return did_you_mean(given, there) or f"; there are {', '.join(there[:8])}"


def _asked(there: Sequence[str], question: str) -> str:
    print(question)
    for number, port in enumerate(there, 1):
        print(printable(f"  {number}  {port}"))
    while True:
        try:
            answer = input(f"1-{len(there)}, enter for 1: ").strip() or "1"
        except EOFError:
            raise RigError("no port was chosen") from None
        if answer.isdecimal() and 1 <= int(answer) <= len(there):
            print()
            return there[int(answer) - 1]
        if answer in there:
            print()
            return answer
        print("That is none of them.")
