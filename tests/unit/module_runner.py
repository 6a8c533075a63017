"""Run a module of library/ as Ansible does, in a process of its own, and read what it prints."""

import io
import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

import ansible.module_utils
from ansible.module_utils import basic

PROJECT = Path(__file__).parents[2]
ansible.module_utils.__path__.append(str(PROJECT / "module_utils"))


def run_module(
    name: str,
    args: dict[str, Any],
    *,
    check: bool = False,
    diff: bool = False,
    env: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Run library/<name>.py with `args` and return the JSON it printed; `env` is added to the environment.

    The process is a fork of this one: it has Ansible's modules loaded already, which is most of a module's time.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _be_the_module(name, {**args, "_ansible_check_mode": check, "_ansible_diff": diff}, env or {}, writer)
    os.close(writer)
    with os.fdopen(reader) as stream:
        printed = stream.read()
    os.waitpid(child, 0)
    try:
        result: dict[str, Any] = json.loads(printed)
    except ValueError:
        raise AssertionError(f"{name} printed no JSON: {printed}") from None
    return result


def _be_the_module(name: str, args: dict[str, Any], env: dict[str, str], writer: int) -> None:
    """Become the module: put the arguments where AnsibleModule looks for them, run it, and end the process."""
    os.dup2(writer, 1)
    os.environ.update(env)
    sys.stdin, sys.stdout = io.StringIO(), os.fdopen(1, "w", closefd=False)
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    try:
        runpy.run_path(f"{PROJECT}/library/{name}.py", run_name="__main__")
    except SystemExit:
        pass
    except BaseException:
        traceback.print_exc(file=sys.stdout)
    finally:
        sys.stdout.flush()
        os._exit(0)
