"""Fixtures of the rings e2e and fault."""
import pytest
from installation import Installation


@pytest.fixture(scope="session")
def bihuan():
    """One installation with the sample data for all tests of a run."""
    with Installation() as installation:
        yield installation
