"""What pam-auth-update remembers of a stack (/var/lib/pam/TYPE), with the same rules as ``pam`` lays. Pure.

It compares that with the stack, and changes nothing any more where a rule stands in the stack that no profile accounts
for. So whoever edits a stack and leaves this as it is keeps every package to come from registering its module. The file
has a block for each profile, in the order of the stack: a line ``Module: NAME``, then its rules without their type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .pam import check as check  # it takes the same

_HEAD = "Module: "


def apply(wanted: Mapping[str, Any], text: str, _place: str) -> str:
    """Put in each rule's block."""
    blocks = _blocks(text)
    for one in wanted.get("insert", []):
        if one.get("profile") and not any(_plain(_rule(one)) in map(_plain, block[1:]) for block in blocks):
            at = _at(one["place"], blocks)
            blocks = [*blocks[:at], _block(one), *blocks[at:]]
    return _joined(blocks, text)


def revert(wanted: Mapping[str, Any], text: str, original: str) -> str:
    """Take out the blocks that were not there before."""
    ours = [_block(one) for one in wanted.get("insert", []) if one.get("profile")]
    before = [[*map(_plain, block)] for block in _blocks(original)]
    gone = [plain for block in ours if (plain := [*map(_plain, block)]) not in before]
    return _joined([block for block in _blocks(text) if [*map(_plain, block)] not in gone], text)


def _blocks(text: str) -> list[list[str]]:
    """Part the file into its blocks; what stands before the first is a block without a name."""
    blocks: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith(_HEAD) or not blocks:
            blocks.append([line])
        elif line.strip():
            blocks[-1].append(line)
    return blocks


def _at(place: str, blocks: list[list[str]]) -> int:
    """Return before which block one belongs; those that decide end in a jump to the end of their part of the stack."""
    if place == "first":
        return 0
    module = place.partition(" ")[2]
    if module:
        return next((at for at, block in enumerate(blocks) if any(module in line.split() for line in block[1:])), 0)
    deciding = [at for at, block in enumerate(blocks) if any("=end" in line for line in block)]
    return deciding[-1] + 1 if deciding else len(blocks)


def _block(one: Mapping[str, Any]) -> list[str]:
    return [f"{_HEAD}{one.get('profile')}", _rule(one)]


def _rule(one: Mapping[str, Any]) -> str:
    """Write a rule without its type, blank for blank as it stands in the stack: pam-auth-update compares it so."""
    return str(one["line"]).strip().split(None, 1)[1]


def _plain(line: str) -> str:
    return " ".join(line.split())


def _joined(blocks: list[list[str]], text: str) -> str:
    if blocks == _blocks(text):
        return text
    return "".join(f"{line}\n" for block in blocks for line in block)
