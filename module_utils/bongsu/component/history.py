"""What the manifest says beside the wanted state: how this host was before, what came, and what its units have read."""

from __future__ import annotations

import time
from typing import Any

from .. import host
from . import apt, originals, overrides
from . import manifest as manifests
from .lookup import foreign
from .packages import Coming
from .plan import Observed, Plan
from .spec import Component
from .store import Store


def complete(
    component: Component, plan: Plan, before: Observed, manifest: dict[str, Any] | None, came: Coming, store: Store
) -> dict[str, Any]:
    """Return the manifest to commit: what the plan describes, and what this host's history adds to it.

    ``before`` is how the host was when this run began: packages that ``came`` since may have brought files and enabled
    units. ``manifest`` is the one of the last converge.
    """
    last = manifest or {}
    units = [unit.name for unit in component.units]
    packages = [package.name for package in component.packages]
    pinned = {package.name for package in component.packages if package.version is not None}
    states = host.unit_states(units)
    own = [unit.name for unit in component.units if not unit.as_found]
    overriding = overrides.digests(foreign(overrides.find(own), component, store))  # the strange ones are gone by now
    versions = apt.read_status().versions if packages else {}
    return {
        **plan.manifest,
        "brought": sorted({*came.new, *last.get("brought", [])}),
        "remnants": sorted({*came.remnants, *last.get("remnants", [])}),
        "gone": {**came.gone, **last.get("gone", {})},
        "held": sorted({*before.packages.hold, *manifests.held(manifest)}.intersection(pinned)),
        "versions": {name: versions[name] for name in packages if name in versions},
        "originals": originals.keep(component, plan, manifest, store, before.found),
        "parents": originals.parents(component, manifest),
        "unit_originals": originals.keep_units(component, before.units, manifest, store),
        "unit_files": {name: {"fragment": states[name].fragment, "dropins": overriding[name]} for name in own},
        "running": manifests.records(component, before.units, states),
        "converged_at": round(time.time(), 3),
    }
