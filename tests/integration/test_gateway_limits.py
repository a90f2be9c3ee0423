"""How much one caller may ask of the gateway, and that it costs nobody else anything."""
import concurrent.futures
import contextlib
import json
import subprocess

import pytest
from behind_gateway import AUDITOR, HOLD, TOKEN, TOP, Gateway, sent_with, wait_for_line

BURST, OWN_CALLS, MANY = 6, 3, 60
LONG_MS = 120_000  # no call ends by itself while a test looks
GET_ME = "DirectoryService/GetMe"
STALLED, STALLED_SIZE = 12, 20000  # more than the balancer holds of a body


@pytest.fixture(scope="module")
def gateway():
    """A budget that is soon spent, and comes back at one call a second."""
    with Gateway(CALLER_RATE=1, CALLER_BURST=BURST, CALLER_CALLS_MAX=10 * MANY) as running:
        yield running
        assert running.is_alive()


def spend(gateway, address, token=None, **headers):
    """Far more than the budget: the answers by status. Who was let in, was let in for his burst and the seconds it took."""
    seen = gateway.flood(GET_ME, {}, MANY, token, x_forwarded_for=address, **headers)
    assert sum(answer.count for answer in seen.values()) == MANY and seen[429].count >= MANY // 2
    return seen


def is_let_in(gateway, address, token=None):
    return gateway.call(GET_ME, {}, token=token, x_forwarded_for=address).status == (200 if token else 401)


def test_who_asks_too_often_is_told_so(gateway):
    answer = spend(gateway, "10.0.0.1")[429]
    assert answer.json()["code"] == "resource_exhausted" and answer.detail()["reason"] == "CALLER_TOO_FAST"
    assert "每秒至多 1 次" in answer.json()["message"] and "1 times a second" in answer.detail()["messageEn"]
    assert int(answer.headers["retry-after"]) >= 1
    assert gateway.counters()['bihuan_http_limited_total{limit="rate"}'] >= MANY // 2
    gateway.wait_for(lambda: is_let_in(gateway, "10.0.0.1"), "the budget does not come back")


def test_other_callers_notice_nothing(gateway):
    """Another address, whoever has a session that is known, the balancer."""
    gateway.wait_for(lambda: is_let_in(gateway, "10.0.1.1", AUDITOR), "the auditor is refused")
    spend(gateway, "10.0.1.1")
    assert is_let_in(gateway, "10.0.1.2")
    assert is_let_in(gateway, "10.0.1.1", AUDITOR)
    assert gateway.curl("/livez", headers={"x-forwarded-for": "10.0.1.1"}).status == 200


def test_of_ipv6_a_network_is_one_caller(gateway):
    spend(gateway, "2001:db8:0:1::1")
    assert spend(gateway, "2001:db8:0:1:ffff::2")[429].count > MANY - BURST
    assert is_let_in(gateway, "2001:db8:0:2::1")


def test_a_person_has_one_budget_wherever_he_is(gateway):
    gateway.wait_for(lambda: is_let_in(gateway, "10.0.2.1", TOKEN), "a session does not become known")
    spend(gateway, "10.0.2.2", TOKEN)
    assert spend(gateway, "10.0.2.3", TOKEN)[429].count > MANY - BURST
    assert is_let_in(gateway, "10.0.2.3", AUDITOR)


def test_a_session_that_ended_asks_as_a_stranger(gateway):
    """Whoever holds the token of an old session spends nothing of the person's."""
    gateway.wait_for(lambda: is_let_in(gateway, "10.0.3.1", TOKEN), "the budget does not come back")
    with gateway.revoked():
        assert gateway.call(GET_ME, {}, x_forwarded_for="10.0.3.1").status in (401, 429)
        gateway.wait_for(lambda: gateway.call(GET_ME, {}).status == 401, "the session is not looked at")
        assert spend(gateway, "10.0.3.2", TOKEN)[401].count >= BURST
    gateway.wait_for(lambda: is_let_in(gateway, "10.0.3.3", TOKEN), "the session does not come back")


def test_grpc_is_told_when_to_come_again(gateway):
    seen = gateway.flood(GET_ME, "", MANY, None, x_forwarded_for="10.0.4.1", content_type="application/grpc")
    assert seen[200].headers["grpc-status"] == "8" and int(seen[200].headers["grpc-retry-pushback-ms"]) > 0


def refused(gateway, limit):
    return gateway.counters()[f'bihuan_http_limited_total{{limit="{limit}"}}']


def refused_calls(gateway):
    return refused(gateway, "calls") + refused(gateway, "bodies")  # these when all heads came before the bodies


def test_calls_under_way():
    """Refused at once while those before them wait for their answers."""
    with Gateway(CALLER_CALLS_MAX=OWN_CALLS, TIMEOUT_MS=LONG_MS) as gateway, concurrent.futures.ThreadPoolExecutor() as beside:
        assert gateway.call(GET_ME, {}).status == 200
        with gateway.holding():
            calls = beside.submit(gateway.flood, "DirectoryService/ListUnits", HOLD, OWN_CALLS + 2, connect_timeout_ms=str(LONG_MS))
            gateway.wait_for(lambda: refused_calls(gateway) == 2, "nobody is refused")
        seen = calls.result()
        assert {status: answer.count for status, answer in seen.items()} == {429: 2, 200: OWN_CALLS}
        assert seen[429].detail()["reason"] == "CALLER_BUSY"


@contextlib.contextmanager
def stalled(gateway, count, token=None, method="POST", path="/bihuan.v1.DirectoryService/Login", **headers):
    """Requests whose bodies do not end, each with more than the balancer would hold back."""
    command = ["node", TOP / "tests/npm/stall.mjs", f"http://127.0.0.1:{gateway.port}", method, path, json.dumps(sent_with(token, headers))]
    with subprocess.Popen([*map(str, command), str(count), str(STALLED_SIZE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        wait_for_line(client.stdout, "sent")
        yield


@pytest.mark.parametrize("limit, reason", [("CALLER_CALLS_MAX", "CALLER_BUSY"), ("CALLS_MAX", "QUEUE_FULL")])
def test_bodies_that_do_not_come_keep_nobody_waiting(limit, reason):
    """Neither whoever shares their address nor anybody else; what they hold is bounded, and given back."""
    with Gateway(**{limit: OWN_CALLS}) as gateway, stalled(gateway, STALLED, x_forwarded_for="10.0.5.1"):
        assert all(is_let_in(gateway, "10.0.5.1") for _ in range(2 * OWN_CALLS))
        assert len(gateway.logged(f"reason={reason}")) >= STALLED - OWN_CALLS
        gateway.wait_for(lambda: gateway.counters()["bihuan_http_requests_open"] <= OWN_CALLS, "what gave way is kept")
        assert refused(gateway, "bodies") > 0


def test_an_upload_is_a_call_of_its_person():
    """Its sender is known before its end: others of his address are not refused for it."""
    with Gateway(CALLER_CALLS_MAX=OWN_CALLS) as gateway:
        with stalled(gateway, OWN_CALLS, TOKEN, path="/evidence?name=a", method="PUT"):
            gateway.wait_for(lambda: gateway.call(GET_ME, {}).status == 429, "the uploads count for nobody")
            assert gateway.call(GET_ME, {}, AUDITOR).status == 200
        gateway.wait_until_well()


def test_a_rate_of_nothing_is_no_setting(gateway):
    settings = gateway.settings() | {"BIHUAN_CALLER_RATE": "0"}
    run = subprocess.run([gateway.process.args[0]], env=settings, capture_output=True, timeout=60, check=False)
    assert run.returncode == 6 and b"BIHUAN_CALLER_RATE" in run.stderr
