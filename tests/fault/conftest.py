"""One installation under fire for the whole ring, in a network of its own where that is permitted."""
import contextlib
import os
import random

import network
import pytest
from city import City


def pytest_collection_modifyitems(items):
    """The great load comes last: every check looks at all that was done before it."""
    items.sort(key=lambda item: item.path.name == "test_kill.py")


@pytest.fixture(scope="session")
def seed():
    """Printed by every run; the variable repeats one."""
    return int(os.environ.get("BIHUAN_SEED", random.randrange(1 << 32)))


@pytest.fixture(scope="session")
def network_refusal():
    """Why there is no network of our own; empty when there is."""
    with contextlib.ExitStack() as stack:
        refusal = network.refusal()
        if not refusal:
            stack.enter_context(network.own_network())
        yield refusal


@pytest.fixture(scope="session")
def city(seed, network_refusal):
    with City(seed, has_own_network=not network_refusal) as installation:
        yield installation
