import pytest
from fake_api import FakeApi


@pytest.fixture
def api(tmp_path):
    fake = FakeApi(tmp_path / "tls")
    yield fake
    fake.close()
