"""Have the toolkit come with a component, as on a real host, to places in the host's temporary directory."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible.module_utils.bongsu.component import run, toolkit
from managed_host import PLACES, Host

PROGRAM = "usr/bongsu/bongsu"


def with_toolkit(host: Host, monkeypatch: pytest.MonkeyPatch, *, judged: bool = True) -> None:
    """Place it where this host has such things; unless it is ``judged``, it is not run before it is accepted."""
    real = toolkit.component()

    def here(text: str) -> str:
        for place, name in PLACES.items():
            text = text.replace(place, str(host.root / name))
        return text

    files = tuple(replace(file, dest=here(file.dest)) for file in real.files)
    judges = tuple(tuple(here(word) for word in command) for command in real.validate) if judged else ()
    monkeypatch.setattr(toolkit, "component", lambda: replace(real, files=files, validate=judges))
    monkeypatch.setattr(run, "DEFAULT", str(host.root / "state"))
    for unit in real.units:
        host.set_unit(unit.name, load="not-found", fragment=str(host.root / "etc/systemd/system" / unit.name))
