"""The strength of the tests: each planted mistake is found by the tests that are named for it, and by none when it is off."""
import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile

import pytest
from plant import TOP, make_copy, mistakes, planted

COPY = TOP / "build/planted"
RUN_S = 300

MISTAKES = mistakes()
TESTS = sorted({test for row in MISTAKES.values() for test in row["tests"]})


def test_places_are_in_the_sources():
    """Raises where a place of the table moved."""
    assert len(planted()) > 1


def test_table_is_large_enough():
    """What was asked for: forty mistakes, ten of them found by the simulator alone."""
    assert len(MISTAKES) >= 40
    assert sum(row["tests"] == ["simulation"] for row in MISTAKES.values()) >= 10
    assert sum("missed" in row for row in MISTAKES.values()) <= len(MISTAKES) / 20


@pytest.fixture(scope="module")
def copy():
    make_copy(COPY)
    for command in (["cmake", "--preset", "test"], ["cmake", "--build", "build/test", "--target", "all", "unit", "--", "-k", "0"]):
        done = subprocess.run(command, cwd=COPY, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-4000:]
    return COPY


@pytest.fixture(scope="module")
def cluster(copy):
    """One PostgreSQL for all, from the copy's migrations: it lives as long as its shell reads."""
    with subprocess.Popen([copy / "tests/with-cluster", "sh", "-c", 'echo "$BIHUAN_TEST_CLUSTER"; read -r end'],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        line = next(line for line in process.stdout if line.startswith("host="))
        yield line.strip()
        process.stdin.close()


def command_of(copy, test):
    """Of a program, in a database if it looks for one, or of a file of pytest's with or without ::test."""
    if ".py" in test:
        return ["/usr/bin/python3", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", copy / "tests" / test]
    program = [copy / "build/test/tests" / f"test_{test}"]
    if (copy / "tests/unit" / f"test_{test}.c").exists():
        return program
    return [copy / "tests/with-database", copy / "tests/planted/with-mistake", *program]


@contextlib.contextmanager
def swept(process):
    """A test that aborts leaves what it started."""
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def passes(copy, cluster, test, mistake=""):
    """True when the test passes; one that hangs does not."""
    with tempfile.TemporaryDirectory(prefix="bihuan-planted.", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        environment = {**os.environ, "BIHUAN_TEST_CLUSTER": cluster, "BIHUAN_MISTAKE": mistake, "BIHUAN_BUILD": str(copy / "build/test"),
                       "CMOCKA_TEST_ABORT": "1", "TMPDIR": folder}  # at the first failure
        command = subprocess.Popen(command_of(copy, test), cwd=copy, env=environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        with swept(command), contextlib.suppress(subprocess.TimeoutExpired):
            return command.wait(RUN_S) == 0
    return False


@pytest.mark.long
@pytest.mark.parametrize("test", TESTS)
def test_nothing_is_wrong_while_all_is_off(copy, cluster, test):
    assert passes(copy, cluster, test)


@pytest.mark.long
@pytest.mark.parametrize("name", MISTAKES)
def test_found(copy, cluster, name, record_property, request):
    if "missed" in MISTAKES[name]:
        request.applymarker(pytest.mark.xfail(reason=MISTAKES[name]["missed"], strict=True))
    finder = next((test for test in MISTAKES[name]["tests"] if not passes(copy, cluster, test, name)), None)
    record_property("found_by", finder)
    assert finder, f"nobody noticed: {MISTAKES[name]['what']}"
