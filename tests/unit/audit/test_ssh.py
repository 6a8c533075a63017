"""ssh-audit's report is read by what it says itself: each reason counts, and information does not."""

from bongsu.audit import ssh

REPORT = {
    "kex": [
        {"algorithm": "sntrup761x25519-sha512", "notes": {"info": ["available since OpenSSH 8.5"]}},
        {"algorithm": "ecdh-sha2-nistp256", "notes": {"fail": ["suspected back-door"], "warn": ["not post-quantum"]}},
    ],
    "key": [{"algorithm": "ssh-ed25519", "notes": {}}],
    "enc": [{"algorithm": "aes256-ctr"}],
    "mac": [{"algorithm": "hmac-sha1", "notes": {"warn": ["encrypt-and-MAC", "weak hash"]}}],
}


def test_failures_come_first_and_each_reason_counts():
    assert ssh.complaints(REPORT) == [
        "fail: ecdh-sha2-nistp256: suspected back-door",
        "warn: ecdh-sha2-nistp256: not post-quantum",
        "warn: hmac-sha1: encrypt-and-MAC",
        "warn: hmac-sha1: weak hash",
    ]


def test_the_score_is_the_share_of_algorithms_that_nothing_is_said_against():
    read = ssh.read(REPORT)
    assert read["score"] == 60.0  # three of five
    assert read["findings"][0] == {"id": "ecdh-sha2-nistp256", "level": "fail", "title": "suspected back-door"}
