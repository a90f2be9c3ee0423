"""The counters of each program, as a Prometheus on this machine reads them."""
import re
import urllib.error
import urllib.request

import pytest
from installation import PROGRAMS

SAMPLE = re.compile(r'(\w+)(?:\{([^}]*)\})? ([0-9.e+-]+)')


def read(bihuan, program):
    port = int(bihuan.settings["port"]) + 9
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics/{program}", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    found = [SAMPLE.fullmatch(line) for line in lines if not line.startswith("#")]
    assert all(found), lines
    return {(name, labels or ""): float(value) for name, labels, value in (m.groups() for m in found)}


@pytest.mark.parametrize("program", PROGRAMS[1:7])
def test_every_program_tells_what_it_uses(bihuan, program):
    samples = read(bihuan, program)
    assert samples["process_cpu_seconds_total", ""] > 0
    assert samples["process_resident_memory_bytes", ""] > 1 << 20


def test_calls_are_counted_by_method_and_status(bihuan):
    counted = ("bihuan_rpc_calls_total", 'method="/bihuan.v1.TaskService/GetTask",code="NOT_FOUND"')
    bihuan.log_in("drafter01")
    before, answers = read(bihuan, "task").get(counted, 0), read(bihuan, "gateway")
    bihuan.cli("task", "show", "00000000-0000-7000-8000-000000000000", login="drafter01", code=3)
    samples = read(bihuan, "task")
    assert samples[counted] == before + 1
    label = 'method="/bihuan.v1.TaskService/GetTask"'
    assert samples["bihuan_rpc_call_seconds_count", label] == samples["bihuan_rpc_call_seconds_bucket", label + ',le="+Inf"']
    assert samples["bihuan_rpc_calls_open", ""] >= 0
    refused = ("bihuan_http_answers_total", 'status="4xx"')
    assert read(bihuan, "gateway")[refused] == answers[refused] + 1


def test_statements_and_sets_are_counted(bihuan):
    bihuan.log_in("drafter01")
    before = read(bihuan, "task")
    bihuan.cli("task", "list", login="drafter01")
    bihuan.cli("task", "create", "--text", "清点办件", login="drafter01")
    after = read(bihuan, "task")
    assert after["bihuan_pg_plain_total", ""] > before["bihuan_pg_plain_total", ""]
    assert after["bihuan_pg_commands_total", ""] > before["bihuan_pg_commands_total", ""]
    assert after["bihuan_pg_commands_total", ""] >= after["bihuan_pg_sets_total", ""] > 0
    assert after["bihuan_pg_commands_waiting", ""] == 0


def test_haproxy_tells_too_and_nobody_else(bihuan):
    port = int(bihuan.settings["port"]) + 9
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics/haproxy", timeout=10) as answer:
        assert b"haproxy_process_uptime_seconds" in answer.read()
    for path in ("/metrics/postgres", "/", "/metrics/task/x"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10)
        assert refused.value.code == 404 and b"/metrics/NAME; NAME: directory target task progress audit gateway haproxy\n" in refused.value.read()


def test_what_is_no_question_is_refused(bihuan):
    port = int(bihuan.settings["port"]) + 9
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics/task", data=b"x", timeout=10)
    assert refused.value.code == 405
