"""Foreign clients before a whole installation: HAProxy with TLS, the gateway, a service and its database."""
import contextlib
import json
import subprocess
import time

import pytest
from browser import page_of
from conformance import BROWSERS, CHECKS, PEERS, Site, unary
from descriptors import write_descriptors


@contextlib.contextmanager
def sessions_locked(bihuan):
    """Nobody's session can be looked up within."""
    command = ["psql", "-X", "-q", "-A", "-t", f"host={bihuan.state}/pg/run dbname=bihuan user=postgres"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        print("begin; lock table directory.session; select 'locked';", file=holder.stdin, flush=True)
        assert holder.stdout.readline() == "locked\n"
        yield
        holder.stdin.close()
    bihuan.wait_healthy()


def wait_until_given_up(bihuan, trace):
    """The service tells of it in its log."""
    log, end = bihuan.state / "log/audit/current", time.monotonic() + 60
    while not any(trace in line and "code=CANCELLED" in line for line in log.read_text(encoding="utf-8").splitlines()):
        assert time.monotonic() < end, "the service did not notice"
        time.sleep(0.1)


def log_in(bihuan, login):
    """A session of its own."""
    command = ["curl", "-sS", "--cacert", bihuan.state / "tls/ca.pem", "-H", "content-type: application/json", "-d", "@-"]
    request = json.dumps({"login": login, "password": bihuan.passwords[login]})
    run = subprocess.run([*command, f"{bihuan.url}/bihuan.v1.DirectoryService/Login"], input=request, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)["token"]


@pytest.fixture(scope="module")
def site(bihuan, tmp_path_factory):
    me = ("DirectoryService", "GetMe", {})
    ca = bihuan.state / "tls" / "ca.pem"
    descriptors = write_descriptors(tmp_path_factory.mktemp("site") / "all.binpb")
    with page_of(bihuan.url, ca, descriptors) as page:
        yield Site(
            url=bihuan.url,
            ca=ca,
            token=log_in(bihuan, "drafter01"),
            descriptors=descriptors,
            unary=me,
            words=["drafter01"],
            refused=("TaskService", "GetTask", {"taskId": "00000000-0000-0000-0000-000000000001"}),
            code="not_found",
            detail={"reason": "NOT_FOUND_OBJECT"},
            slow=me,
            stream=("AuditService", "WatchChanges", {"firstIndex": "0"}),
            take=1,
            noticed=lambda trace: wait_until_given_up(bihuan, trace),
            page=page,
            holding=lambda: sessions_locked(bihuan),
        )


# These do the whole script in every run, the others with --long: before a gateway with played services all of them do it
# in every run (integration/test_gateway_peers.py).
WHOLE = {*BROWSERS, "grpc-js"}


def rows():
    for peer in PEERS | BROWSERS:
        for check in CHECKS:
            marks = [] if check is unary or peer in WHOLE else [pytest.mark.long]
            yield pytest.param(peer, check, id=f"{peer}-{check.__name__}", marks=marks)


@pytest.mark.parametrize("peer, check", rows())
def test_conformance(site, peer, check):
    check((PEERS | BROWSERS)[peer], site)
