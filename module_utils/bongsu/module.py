"""Where the host's half meets Ansible: a module's parameters in, its result out."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

from . import asked


def run(name: str) -> None:
    """Be the module of that name."""
    module = AnsibleModule(asked.argument_spec(name), supports_check_mode=True)
    module.no_log_values |= asked.secrets(module.params)
    report = asked.answer(name, module.params, check=module.check_mode)
    (module.fail_json if report.get("failed") else module.exit_json)(**report)
