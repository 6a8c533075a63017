"""Controller half of host_certificate: sign what the host asks for, with a key that stays here."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from cryptography import x509

from bongsu import thisrun, trip
from bongsu.errors import BadInput
from bongsu.fingerprint import notes
from bongsu.hostside import certificate as core
from bongsu.pki import sign

# What a certificate would be is known only once it is signed; a prediction shows this line instead.
PREDICTED = "a certificate signed in the real run\n"
COMPONENT = "host_certificate"  # which places what this action has made and signed


class ActionModule(ActionBase):
    """Inspect in one round trip; sign and hand back the certificate when a new one is due."""

    TRANSFERS_FILES = False
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the certificate, its times and the CA's, who signed it and why; never the CA key."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        given = dict(self._task.args)
        _refuse_denied(given.pop("denied", None) or [], given.get("names") or [])
        ca_key = given.pop("ca_key", None)
        if not isinstance(ca_key, str) or not ca_key.strip():
            raise AnsibleActionFail("host_certificate: ca_key is empty; `bongsu init` puts one into the vault")
        variables = task_vars or {}
        report = trip.ask(self, "host_certificate", given, variables)
        if report.get("missing") and not self._task.check_mode:
            brought = self._bring_openssl(variables)
            if brought.get("failed") or brought.get("unreachable"):
                return result | brought
            report = trip.ask(self, "host_certificate", given, variables)
        if report.get("failed") or report.get("unreachable"):
            return result | report
        try:
            authority = x509.load_pem_x509_certificate(str(given.get("ca_certificate", "")).encode())
            if report["due"]:
                report |= self._certify(report, given, ca_key)
        except (BadInput, ValueError) as error:
            raise AnsibleActionFail(f"host_certificate: {error}") from None
        told = ("changed", "certificate", "begins", "expires", "authority", "held", "reasons")
        result |= {key: report[key] for key in told}
        result["ca_begins"] = int(authority.not_valid_before_utc.timestamp())
        result["ca_expires"] = int(authority.not_valid_after_utc.timestamp())
        result["actions"] = _tell(report)
        self._note(str(variables.get("inventory_hostname")), given, result)
        if result["actions"]:
            result["diff"] = {"prepared": "\n".join(result["actions"]) + "\n"}
        return result

    def _certify(self, report: dict[str, Any], given: dict[str, Any], ca_key: str) -> dict[str, Any]:
        """Sign the host's request; in check mode there is none, and the outcome is only predicted."""
        lifetime = dt.timedelta(days=int(given.get("lifetime_days", 90)))
        if self._task.check_mode:
            now = dt.datetime.now(tz=dt.UTC)
            return {
                "certificate": PREDICTED,
                "begins": int(now.timestamp()),
                "expires": int((now + lifetime).timestamp()),
            }
        names, addresses = core.split_names(list(given["names"]))
        certificate = sign(
            report["request"],
            given["ca_certificate"],
            ca_key,
            names=names,
            addresses=addresses,
            client_auth=boolean(given.get("client_auth", False)),
            lifetime=lifetime,
        )
        signed = x509.load_pem_x509_certificate(certificate.encode())
        begins, expires = (int(end.timestamp()) for end in (signed.not_valid_before_utc, signed.not_valid_after_utc))
        return {"certificate": certificate, "begins": begins, "expires": expires}

    def _note(self, host: str, given: dict[str, Any], result: dict[str, Any]) -> None:
        """Tell the end of the run how long the next one may pass the host over."""
        key = f"{given.get('directory', '/etc/bongsu/tls')}/host.key"
        notes.depends(host, files=(key,), until=core.renew_at(result["begins"], result["expires"]))
        if result["held"]:
            notes.unfit(host, "a retired authority signed its certificate")

    def _bring_openssl(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Install openssl as the first part of the component that will use it, so that it goes with it."""
        arguments = {"name": COMPONENT, "packages": ["openssl"], "owner": variables.get("inventory_hostname")}
        return thisrun.ask(lambda run: trip.ask(self, "component", {**arguments, "run": run}, variables))


def _refuse_denied(denied: list[Any], names: list[Any]) -> None:
    """Refuse to certify a name of the deny list, before the host is contacted."""
    wanted = {str(name).lower() for name in names}
    for entry in denied:
        if not isinstance(entry, dict) or not entry.get("name"):
            raise AnsibleActionFail(f"host_certificate: denied: {entry!r} has no name; write it as {{name: web7}}")
        if str(entry["name"]).lower() in wanted:
            since = f" since {entry['since']}" if entry.get("since") else ""
            why = f" ({entry['reason']})" if entry.get("reason") else ""
            raise AnsibleActionFail(
                f"host_certificate: {entry['name']} gets no certificate: it is on host_certificate_denied{since}{why}. "
                "Take the host out of the inventory, or its entry off that list when the name is to be used again."
            )


def _tell(report: dict[str, Any]) -> list[str]:
    """Say in words what was done, or would be."""
    told = [f"a new certificate: {reason}" for reason in report["reasons"]]
    if report.get("key_exposed"):
        told.append("the key was taken back from readers that should not have it")
    return told
