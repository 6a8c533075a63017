#!/usr/bin/python
"""Host half of the action host_certificate: inspect, and request a certificate when one is due."""

from __future__ import annotations

from ansible.module_utils.bongsu.module import run

DOCUMENTATION = r"""
module: host_certificate
short_description: Have a host's key certified by the internal CA when it is due
description:
  - Inspects the certificate in O(directory). When it is missing, foreign, not for the host's key, not for the
    wanted names, addresses or purposes, or past two thirds of its life, the host makes a signing request and
    the controller signs it. Nothing is written but the key; the caller places what is returned.
  - The key is made on the host once and never leaves it. It is kept when the certificate is renewed, so no
    moment exists in which key and certificate differ. To change the key, delete C(host.key) and run again.
  - In check mode nothing is written; a due certificate is reported as a change.
  - While an authority is retired, O(hold) keeps a certificate that it signed, so that nobody shows a certificate
    of the new authority before everybody trusts that.
options:
  ca_certificate:
    description: Certificate of the internal CA, PEM.
    type: str
    required: true
  ca_key:
    description: Private key of the CA, PEM. Used on the controller only; it is not sent to the host.
    type: str
    required: true
  ca_retired:
    description: Certificates of authorities that are still trusted and sign nothing any more, PEM each.
    type: list
    elements: str
    default: []
  denied:
    description:
      - Names that must not be certified, each with C(name) and perhaps C(since) and C(reason). Used on the controller
        only, which refuses a host whose O(names) hold one of them.
    type: list
    elements: dict
    default: []
  hold:
    description: >-
      Whether to leave a certificate alone that is by an authority of O(ca_retired) and serves: it is for the host's
      key, and neither expired nor of the future.
    type: bool
    default: false
  names:
    description: Names and addresses to certify, mixed.
    type: list
    elements: str
    required: true
  client_auth:
    description: Whether the host may also authenticate as a client.
    type: bool
    default: false
  lifetime_days:
    description: Life of a new certificate in days.
    type: int
    default: 90
  directory:
    description: Where C(host.key) and C(host.crt) are.
    type: path
    default: /etc/bongsu/tls
  group:
    description: Group that may read the key; made when it is missing.
    type: str
    default: bongsu-tls
  textfile_directory:
    description:
      - A directory of node_exporter's textfile collector, made when it is missing, so that the caller can place
        a metric there before node_exporter is installed. Empty for none.
    type: str
    default: ""
author:
  - bongsu contributors
"""

EXAMPLES = r"""
- name: Certify the host's key
  host_certificate:
    ca_certificate: "{{ host_certificate_ca_certificate }}"
    ca_key: "{{ host_certificate_ca_key }}"
    names: [web1, 192.0.2.7]
  register: certified
"""

RETURN = r"""
certificate:
  description: The certificate that belongs at C(host.crt), PEM; new or as found.
  type: str
  returned: success
authority:
  description: Whether the C(present) authority signed the certificate found, a C(retired) one, or C(none) of them.
  type: str
  returned: success
held:
  description: Whether a certificate of a retired authority was left alone.
  type: bool
  returned: success
begins:
  description: Beginning of the certificate's life, seconds since 1970.
  type: int
  returned: success
expires:
  description: End of the certificate's life, seconds since 1970.
  type: int
  returned: success
ca_begins:
  description: Beginning of the CA's life, seconds since 1970.
  type: int
  returned: success
ca_expires:
  description: End of the CA's life, seconds since 1970.
  type: int
  returned: success
actions:
  description: What was done, or would be in check mode, in words.
  type: list
  elements: str
  returned: success
reasons:
  description: Why a new certificate was due.
  type: list
  elements: str
  returned: success
"""


def main() -> None:
    """Run the module."""
    run("host_certificate")


if __name__ == "__main__":
    main()
