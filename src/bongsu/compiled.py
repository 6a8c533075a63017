"""Compile each template of a run once, and not in each process that works for a task.

Ansible forks a process for each task and host, and each compiles whatever it has to resolve: a role's variables again
for every host, and its templates. Here the first that compiles one leaves the code for the others, in the directory
that Ansible makes for a run and takes away at its end (docs/decisions/0023).

`jinja2.Environment.compile` is Jinja's documented way from a template's text to code; nothing of Ansible's is touched.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

if TYPE_CHECKING:
    from types import CodeType

# What gives the same text another meaning.
_SYNTAX = (
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
    "line_statement_prefix",
    "line_comment_prefix",
    "trim_blocks",
    "lstrip_blocks",
    "newline_sequence",
    "keep_trailing_newline",
    "autoescape",
    "optimized",
)
_compile = jinja2.Environment.compile
_known: dict[Path, CodeType] = {}


def once(directory: Path) -> None:
    """Have this process, and all that are forked from it from now on, keep what they compile in a directory."""

    def compile_once(self: jinja2.Environment, source: Any, *how: Any, **named: Any) -> Any:
        # One that has a name is Jinja's own to keep. Backslashes Ansible doubles in some templates, and not in others.
        if not isinstance(source, str) or "\\" in source or any(how) or any(named.values()):
            return _compile(self, source, *how, **named)
        path = directory / _key(self, source)
        if path not in _known:
            _known[path] = _read(path) or _kept(path, _compile(self, source))
        return _known[path]

    jinja2.Environment.compile = compile_once  # type: ignore[method-assign]


def _key(environment: jinja2.Environment, source: str) -> str:
    extensions = sorted(environment.extensions)
    meaning = [type(environment), extensions, *(getattr(environment, name) for name in _SYNTAX), source]
    return hashlib.sha256(repr(meaning).encode()).hexdigest()


def _read(path: Path) -> CodeType | None:
    with suppress(OSError, EOFError, ValueError, TypeError):  # none yet, or nothing that can be read
        code: CodeType = marshal.loads(path.read_bytes())  # noqa: S302 - this run's own, where nobody else can write
        return code
    return None


def _kept(path: Path, code: CodeType) -> CodeType:
    with suppress(OSError):  # then the others compile it themselves
        descriptor, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(marshal.dumps(code))
        Path(name).replace(path)  # whole, or not there
    return code
