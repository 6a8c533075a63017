"""The project's reasons: each a sentence, each finding once, and the page made from them."""

from bongsu.audit import SCANNERS, findings, page
from bongsu.paths import project_root


def test_each_reason_is_a_sentence_of_a_known_scanner():
    explained = findings.explained()
    assert set(explained) <= set(SCANNERS)
    for reasons in explained.values():
        assert all(len(reason.split()) > 5 and reason.endswith(".") for reason in reasons.values())


def test_no_finding_has_two_reasons():
    import yaml

    for entries in yaml.safe_load(findings.EXPLAINED.read_text()).values():
        names = [name for entry in entries for name in entry["findings"]]
        assert sorted(names) == sorted(set(names))


def test_the_page_is_made_from_them():
    """`python -m bongsu.audit > docs/audit-explained.md` makes it."""
    assert (project_root() / "docs/audit-explained.md").read_text() == page.page()
