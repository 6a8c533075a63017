"""Filters on the probes that hosts declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def probe_names(hosts: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """List every probe of the hosts, given by their variables, as ``{instance, probe}``."""
    return [
        {"instance": str(host["inventory_hostname"]), "probe": str(probe["name"])}
        for host in hosts
        for probe in host.get("blackbox_exporter_probes") or []
    ]


class FilterModule:
    """The filters of this file, by the names that roles use."""

    def filters(self) -> dict[str, Any]:
        """Return name and function of each filter."""
        return {"probe_names": probe_names}
