"""Fixtures of the rings e2e and fault."""
import signal

import pytest
from installation import Installation

# Told to stop, pytest stops what it started.
signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def bihuan():
    """One installation with the sample data for all tests of a run."""
    with Installation() as installation:
        yield installation
