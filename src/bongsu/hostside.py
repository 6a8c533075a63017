"""Host-side code that action plugins use on the controller as well.

Ansible packs ``module_utils`` into modules, but does not let a plugin of the same project import it; this does.
"""

from __future__ import annotations

import ansible.module_utils

from bongsu.paths import project_root

ansible.module_utils.__path__.append(str(project_root() / "module_utils"))

from ansible.module_utils.bongsu import asked, bans, certificate, errors, listening  # noqa: E402  # importable only from here on
from ansible.module_utils.bongsu.component import drift, manifest, toolkit  # noqa: E402  # likewise
from ansible.module_utils.bongsu.component import spec as component_spec  # noqa: E402  # likewise
from ansible.module_utils.bongsu.integrity import aide  # noqa: E402  # likewise

__all__ = [
    "aide",
    "asked",
    "bans",
    "certificate",
    "component_spec",
    "drift",
    "errors",
    "listening",
    "manifest",
    "toolkit",
]
