"""How much one caller may ask of the gateway, and that it costs nobody else anything."""
import subprocess

import pytest
from behind_gateway import AUDITOR, HOLD, TOKEN, Gateway

BURST, OWN_CALLS, MANY = 6, 3, 60
GET_ME = "DirectoryService/GetMe"


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


def test_calls_under_way():
    """Refused at once while those before them wait for their answers."""
    with Gateway(CALLER_CALLS_MAX=OWN_CALLS) as gateway:
        assert gateway.call(GET_ME, {}).status == 200
        with gateway.holding():
            seen = gateway.flood("DirectoryService/ListUnits", HOLD, OWN_CALLS + 2)
        assert (seen[429].count, seen[504].count) == (2, OWN_CALLS)
        assert seen[429].detail()["reason"] == "CALLER_BUSY"
        assert gateway.counters()['bihuan_http_limited_total{limit="calls"}'] == 2


def test_a_rate_of_nothing_is_no_setting(gateway):
    settings = gateway.settings() | {"BIHUAN_CALLER_RATE": "0"}
    run = subprocess.run([gateway.process.args[0]], env=settings, capture_output=True, timeout=60, check=False)
    assert run.returncode == 6 and b"BIHUAN_CALLER_RATE" in run.stderr
