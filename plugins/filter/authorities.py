"""Which certificate authorities a host trusts, for daemons that must be started anew when that changes."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

PRESENT, RETIRED = "host_certificate_ca_certificate", "host_certificate_ca_retired"


def trusted_authorities(variables: Mapping[str, Any]) -> list[str]:
    """Return fingerprints of the authorities that a host trusts, oldest first: `hostvars[name] | trusted_authorities`.

    The first changes exactly when an authority stops being trusted. A fingerprint is the beginning of what
    `openssl x509 -noout -fingerprint -sha256` prints, without colons. None are returned where none is known.
    """
    if not isinstance(variables, Mapping):
        raise AnsibleFilterError("trusted_authorities wants a host's variables; write hostvars['web1'] | …")
    certificates = [*(variables.get(RETIRED) or []), *filter(None, [variables.get(PRESENT)])]
    try:
        return [hashlib.sha256(ssl.PEM_cert_to_DER_cert(str(text).strip())).hexdigest()[:32] for text in certificates]
    except ValueError as error:
        raise AnsibleFilterError(f"trusted_authorities: {PRESENT} or {RETIRED} is not a PEM certificate") from error


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name the filters."""
        return {"trusted_authorities": trusted_authorities}
