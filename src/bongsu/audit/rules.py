"""What the rules of a profile are: read from the data stream, which OpenSCAP's own output only names them of."""

from __future__ import annotations

import lzma
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from bongsu.errors import BongsuError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_X = "{http://checklists.nist.gov/xccdf/1.2}"
# CIS is referred to twice: by the sections of its benchmark for this release, and by those of its general controls.
_BENCHMARK = ("cisecurity.org", "benchmark")
_SEVERITIES = ("high", "medium", "low")


@dataclass(frozen=True)
class Rule:
    """A rule: its title, the sections of the CIS benchmark that it stands for, and how grave it is."""

    title: str
    sections: tuple[str, ...]
    severity: str

    @property
    def rank(self) -> int:
        """Return 0 for the gravest."""
        return _SEVERITIES.index(self.severity) if self.severity in _SEVERITIES else len(_SEVERITIES)


def read(path: Path) -> dict[str, Rule]:
    """Read every rule of a compressed data stream, by its name without the long prefix."""
    with lzma.open(path) as stream:
        return parse(ElementTree.iterparse(stream, ("end",)))  # noqa: S314 - pinned by its digest


def parse(elements: Iterable[tuple[str, ElementTree.Element]]) -> dict[str, Rule]:
    """Fold the elements as they end; each rule is dropped once it is read, so that it takes little memory."""
    found: dict[str, Rule] = {}
    for _, element in elements:
        if element.tag == f"{_X}Rule":
            name = element.get("id", "").rpartition("_rule_")[2]
            found[name] = _rule(element)
            element.clear()
        elif element.tag.endswith("}definition"):  # of OVAL: three quarters of the stream
            element.clear()
    if not found:
        raise BongsuError("the data stream has no rules")
    return found


def _rule(element: ElementTree.Element) -> Rule:
    title = element.find(f"{_X}title")
    references = (
        one for one in element.findall(f"{_X}reference") if all(word in one.get("href", "") for word in _BENCHMARK)
    )
    return Rule(
        title="" if title is None else " ".join("".join(title.itertext()).split()),
        sections=tuple(sorted({(one.text or "").strip() for one in references})),
        severity=element.get("severity", "unknown"),
    )
