"""Run a module of library/ as Ansible does, in a process of its own, and read what it prints."""

import gc
import io
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from types import CodeType
from typing import Any

import ansible.module_utils
from ansible.module_utils import basic
from ansible.module_utils.common.json import Direction, get_module_decoder, get_module_encoder

PROJECT = Path(__file__).parents[2]
ansible.module_utils.__path__.append(str(PROJECT / "module_utils"))

# What a module's process would otherwise load each time: the forms that it reads and prints, and the engine.
get_module_decoder("legacy", Direction.CONTROLLER_TO_MODULE)
get_module_encoder("legacy", Direction.MODULE_TO_CONTROLLER)
for module in ("ansible.module_utils.bongsu.component.run", "_strptime"):
    import_module(module)


def run_module(
    name: str,
    args: dict[str, Any],
    *,
    check: bool = False,
    diff: bool = False,
    env: dict[str, str] | None = None,
    before: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Run library/<name>.py with `args` and return the JSON it printed; `env` is added to the environment.

    The process is a fork of this one: it has Ansible's modules loaded already, which is most of a module's time. It
    calls `before` first. A module that was killed is returned as {"killed": True}.
    """
    reader, writer = os.pipe()
    code = _compiled(name)
    gc.freeze()  # else the first collection in the child would copy all of this process
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.environ.update(env or {})
        if before is not None:
            before()
        _be_the_module(code, {**args, "_ansible_check_mode": check, "_ansible_diff": diff}, writer)
    os.close(writer)
    with os.fdopen(reader) as stream:
        printed = stream.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return {"killed": True}
    try:
        result: dict[str, Any] = json.loads(printed)
    except ValueError:
        raise AssertionError(f"{name} printed no JSON: {printed}") from None
    return result


@cache
def _compiled(name: str) -> CodeType:
    path = PROJECT / "library" / f"{name}.py"
    return compile(path.read_bytes(), str(path), "exec", dont_inherit=True)


def _be_the_module(code: CodeType, args: dict[str, Any], writer: int) -> None:
    """Become the module: put the arguments where AnsibleModule looks for them, run it, and end the process."""
    os.dup2(writer, 1)
    sys.stdin, sys.stdout = io.StringIO(), os.fdopen(1, "w", closefd=False)
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    try:
        exec(code, {"__name__": "__main__", "__file__": code.co_filename})  # noqa: S102  # a module of this project
    except SystemExit:
        pass
    except BaseException:
        traceback.print_exc(file=sys.stdout)
    finally:
        try:
            sys.stdout.flush()
        finally:
            os._exit(0)  # whatever happens: this process must not go on as the tests
