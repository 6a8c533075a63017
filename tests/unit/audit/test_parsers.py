"""What the scanners print is read by what it says itself; the samples are cut down from real runs on Debian 13."""

import pytest
from ansible.module_utils.bongsu import audit
from ansible.module_utils.bongsu.errors import BongsuError

LYNIS = """\
# Lynis Report
lynis_version=3.1.4
suggestion[]=LYNIS|This release is old|-|-|
suggestion[]=SSH-7408|Consider hardening SSH configuration|MaxAuthTries (set 6 to 3)|-|
warning[]=FIRE-4512|iptables module(s) loaded, but no rules active|-|-|
suggestion[]=AUTH-9230|Configure password hashing rounds in /etc/login.defs|-|-|
details[]=SSH-7408|sshd|desc:sshd option MaxAuthTries;field:MaxAuthTries;prefval:3;value:6;|
hardening_index=67
"""
OSCAP = """\
WARNING: Skipping ./security-oval.xml.bz2 file which is referenced from XCCDF content
xccdf_org.ssgproject.content_rule_package_aide_installed:fail
xccdf_org.ssgproject.content_rule_kernel_module_usb-storage_disabled:pass
W: oscap: Entity name 'value' from state (id: 'oval:ssg-state_x:ste:1') not found in item (id: '1').
xccdf_org.ssgproject.content_rule_file_ownerships_var_log:error
xccdf_org.ssgproject.content_rule_partition_for_dev_shm:notapplicable
"""


def test_lynis_warnings_come_first_and_its_word_on_itself_is_left_out():
    assert audit.read_lynis(LYNIS) == {
        "version": "3.1.4",
        "score": 67,
        "findings": [
            {
                "id": "FIRE-4512",
                "level": "warning",
                "title": "iptables module(s) loaded, but no rules active",
                "detail": "",
            },
            {
                "id": "SSH-7408",
                "level": "suggestion",
                "title": "Consider hardening SSH configuration",
                "detail": "MaxAuthTries (set 6 to 3)",
            },
            {
                "id": "AUTH-9230",
                "level": "suggestion",
                "title": "Configure password hashing rounds in /etc/login.defs",
                "detail": "",
            },
        ],
    }


@pytest.mark.parametrize("cut", ["", LYNIS.replace("hardening_index=67\n", ""), "hardening_index=\n"])
def test_a_lynis_that_was_cut_off_has_no_score(cut):
    with pytest.raises(BongsuError, match="did not come to an end"):
        audit.read_lynis(cut)


def test_openscap_is_read_past_its_warnings():
    assert audit.read_oscap(OSCAP) == {
        "package_aide_installed": "fail",
        "kernel_module_usb-storage_disabled": "pass",
        "file_ownerships_var_log": "error",
        "partition_for_dev_shm": "notapplicable",
    }


def test_the_metrics_are_in_order_and_say_what_they_are():
    scanners = {
        "openscap": {"score": 64.3, "reference": 70.0, "open": 68},
        "lynis": {"score": 67, "reference": 67, "open": 3},
    }
    lines = audit.metrics(scanners, 1.8e9).decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        'bongsu_audit_score{scanner="lynis"} 67',
        'bongsu_audit_score{scanner="openscap"} 64.3',
        'bongsu_audit_score_reference{scanner="lynis"} 67',
        'bongsu_audit_score_reference{scanner="openscap"} 70',
        'bongsu_audit_findings{scanner="lynis"} 3',
        'bongsu_audit_findings{scanner="openscap"} 68',
        "bongsu_audit_timestamp_seconds 1800000000",
    ]
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names)) == 4
