"""The bars of Lynis and OpenSCAP: the worse release counts, and both profiles must reach theirs."""

import pytest

from bongsu import controls
from bongsu.bench import _hardening, baseline
from bongsu.paths import project_root

FINDING = {"id": "a", "state": "open", "title": "weak", "sections": ["1.1"], "reason": "because"}


def parts(fresh, small, strict, left=0):
    return {
        profile: {
            release: {"score": score, "open": left, "findings": [FINDING]}
            for release, score in zip(("12", "13"), scores, strict=True)
        }
        for profile, scores in {baseline.FRESH: fresh, "small": small, "strict": strict}.items()
    }


@pytest.mark.parametrize(
    ("small", "strict", "value", "holds"),
    [
        ((86, 90), (91, 92), 86, True),
        ((85, 85), (90, 90), 85, True),
        ((84.9, 99), (99, 99), 84.9, False),
        ((86, 90), (91, 89), 86, False),
    ],
)
def test_the_worse_release_counts_and_strict_must_reach_more(small, strict, value, holds):
    figure = baseline.judge(parts((59, 60), small, strict), 85)
    assert (figure.value, figure.holds) == (value, holds)
    assert figure.detail["scores"][baseline.FRESH] == {"12": 59, "13": 60}
    assert figure.detail["left"]["strict"]["13"] == ["open: a [1.1]: weak (because)"]
    assert figure.detail["left"].keys() == {"small", "strict"}


def test_a_finding_that_nothing_answers_or_explains_is_a_failure():
    figure = baseline.judge(parts((59, 60), (86, 90), (91, 92), left=1), 85)
    assert (figure.holds, figure.detail["open"]) == (False, 4)


def test_every_role_that_has_controls_is_in_the_one_list():
    assert sorted(_hardening.roles()) == sorted(controls.tables(project_root()))
