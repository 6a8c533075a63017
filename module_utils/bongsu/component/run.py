"""What a host is asked to do with components: converge, confirm, take back; one at a time, whoever asks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from .. import host
from ..errors import BongsuError
from . import deadman, lease, removal, toolkit, undo
from .converger import Converger, Request, commit
from .journal import Journal
from .settled import settled
from .spec import Component
from .store import DEFAULT, Store


def converge(component: Component, request: Request, *, check: bool, tell_others: bool = False) -> dict[str, Any]:
    """Make the component true, or absent, and report it as a task's result.

    Where it is to be confirmed, the report has ``confirm``: a token, and the seconds left to bring it back. Where
    nothing was done and it is to ``tell_others``, ``settled`` has the other components that nothing is to be done for,
    and ``release`` is Debian's.
    """
    store = Store(request.state_directory)
    with nullcontext() if check else store.locked():
        before = [] if check else _prepare(store, request)
        report = _converge(store, component, request, before, check=check)
        if tell_others and (check or not report["changed"]):
            report |= _said(store, component)
        return report


def _said(store: Store, component: Component) -> dict[str, Any]:
    """Say what is settled beside a component; what is wrong with another one is told where that one is asked for."""
    try:
        return {"settled": settled(store, sparing=component.name), "release": host.release()}
    except Exception:  # whatever another one's look stumbles over
        return {}


def converge_several(wanted: Sequence[tuple[Component, Request]], *, check: bool) -> list[dict[str, Any]]:
    """Converge components of one state directory and one run; one that fails keeps no other from being converged."""
    request = wanted[0][1]
    store = Store(request.state_directory)
    reports = []
    with nullcontext() if check else store.locked():
        before = [] if check else _prepare(store, request)
        for component, own in wanted:
            try:
                reports.append(_converge(store, component, own, before, check=check))
            except BongsuError as error:
                reports.append({"changed": False, "failed": True, "msg": str(error), **error.details})
            except OSError as error:
                reports.append({"changed": False, "failed": True, "msg": f"{component.name}: {error}"})
            before = []
    return reports


def _prepare(store: Store, request: Request) -> list[str]:
    """Have the toolkit as this run wants it; tell what was done to it."""
    before = _recover(store, toolkit.NAME, request)
    if not request.absent and request.state_directory == DEFAULT:
        own = replace(request, owner=None)  # it belongs to the host, whoever came first
        before += _renewed(Converger(store, own).converge(toolkit.component(), check=False))
    return before


def _converge(
    store: Store, component: Component, request: Request, before: list[str], *, check: bool
) -> dict[str, Any]:
    if not check:
        before = _recover(store, component.name, request) + before
    if request.absent:
        converger = Converger(store, request)
        report = removal.remove(component.name, store, converger, check=check, confirm_within=component.confirm_within)
    else:
        report = Converger(store, request).converge(component, check=check)
    report["changed"] = report["changed"] or bool(before)
    report["actions"] = before + report["actions"]
    return report


def confirm(name: str, token: str, request: Request) -> dict[str, Any]:
    """Commit what waits for this token; raise BongsuError where it has been undone already, or is to be by now.

    Whoever has not heard the answer asks again: what a token has committed stays committed.
    """
    store = Store(request.state_directory)
    with store.locked():
        journal = Journal(store.journal_directory(name), name)
        waiting = journal.awaited(token)
        done: list[str] | None = []
        if waiting is not None and host.clock() >= waiting["until"]:  # an undoing may have got half of the way
            _recover(store, name, request)
            waiting = None
        if waiting is None:
            done = _confirmed_already(store, name, token, request)
        elif waiting["manifest"] is None:
            journal.leaving()
            done = removal.finish(name, store, Converger(store, request), journal)
        else:
            commit(store, {**waiting["manifest"], "confirmed": token})
            journal.close()
        if done is None:
            raise BongsuError(f"{name}: the confirmation came too late: everything has been put back as before")
    return {"changed": True, "actions": ["confirmed over a new connection", *done]}


def _confirmed_already(store: Store, name: str, token: str, request: Request) -> list[str] | None:
    """See through what the token has confirmed, and tell what was done; None where it has confirmed nothing."""
    directory = store.journal_directory(name)
    done: list[str] = []
    if request.absent and undo.exists(directory) and undo.is_leaving(directory):
        done = _recover(store, name, request)
    manifest = store.manifest(name)
    confirmed = manifest is None if request.absent else (manifest or {}).get("confirmed") == token
    if not confirmed or undo.exists(directory):
        return None
    if request.absent:
        done += _recover(store, toolkit.NAME, request)
        removal.tidy(store, Converger(store, request))  # to have looked has left traces
    return done


def take_back(name: str, request: Request, token: str | None = None) -> dict[str, Any]:
    """Undo what waits to be confirmed, or was cut off, if the host has not done so by itself.

    What the token has confirmed stays: the report says ``confirmed``, for a controller that has not heard the answer.
    """
    store = Store(request.state_directory)
    with store.locked():
        done = None if token is None else _confirmed_already(store, name, token, request)
        if done is not None:
            return {"changed": True, "actions": done, "confirmed": True}
        undone = _recover(store, name, request)
    return {"changed": bool(undone), "actions": undone, "confirmed": False}


def _renewed(report: dict[str, Any]) -> list[str]:
    """Tell in a line what was done to the toolkit: whoever took it away learns who brought it back."""
    return [f"{toolkit.NAME}: {action}" for action in report["actions"]] if report["changed"] else []


def _recover(store: Store, name: str, request: Request) -> list[str]:
    directory = store.journal_directory(name)
    if not undo.exists(directory):
        undo.discard(directory)  # cut off before anything was touched, or after the commit
        return []
    lease.take(store, request.run)  # another run's change may wait to be confirmed
    done = "ended an interrupted removal" if undo.is_leaving(directory) else "undid an interrupted run"
    troubles = undo.undo(directory)
    deadman.disarm(name)
    if troubles:
        raise BongsuError("an interrupted run could not be undone, or ended: " + "; ".join(troubles))
    return [done]
