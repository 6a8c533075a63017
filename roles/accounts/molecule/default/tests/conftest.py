import people
import pytest


@pytest.fixture(scope="module")
def residents(host):
    yield people.move_in(host)
    people.move_out(host)


@pytest.fixture(autouse=True)
def restored(host, residents):
    people.restore(host, residents)
