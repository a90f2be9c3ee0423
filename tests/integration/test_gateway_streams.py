"""Streams through the gateway, in each protocol: messages, ends, limits, and what it costs to keep them open."""
import base64
import contextlib
import json
import pathlib
import re
import subprocess

import pytest
from behind_gateway import BUILD, KEEP, TOKEN, TOP, Gateway, sent_with, wait_for_line
from raw_call import ask, frame

WATCH = "AuditService/WatchChanges"
JSON, PROTO, GRPC, WEB = "application/connect+json", "application/connect+proto", "application/grpc", "application/grpc-web+proto"
TYPES = [JSON, PROTO, GRPC, WEB]
IDLE, FAILING, ENDLESS = -1, 20, 1000  # where WatchChanges begins: gateway_backend.c
MANY, BYTES_PER_STREAM = 2000, 48 << 10
DEAF, BYTES_PER_DEAF_STREAM = 50, 1 << 20  # a window of 256 KiB, JSON, buffers of the connection


@pytest.fixture(scope="module")
def gateway():
    with Gateway(CALLER_STREAMS_MAX=MANY, CALLER_BURST=10 * MANY, STREAM_CHECK_MS=500) as running:
        yield running
        assert running.is_alive()


def varint(number):
    """int64: negative ones have ten bytes."""
    number &= (1 << 64) - 1
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def request(content_type, first):
    """The body of a request."""
    return frame(json.dumps({"firstIndex": first}).encode() if content_type == JSON else b"\x08" + varint(first))


def split(body):
    """[(flags, message)]"""
    found = []
    while body:
        size = 5 + int.from_bytes(body[1:5], "big")
        found.append((body[0], body[5:size]))
        body = body[size:]
    return found


def outcome(content_type, headers, trailers, messages):
    """The messages, and what the end says: the words of the trailers, or the object."""
    if content_type == GRPC or not messages:
        return messages, {"grpc-status": int((trailers or headers)["grpc-status"])}
    flags, last = messages[-1]
    if content_type == WEB:
        assert flags == 0x80
        return messages[:-1], {"grpc-status": int(re.search(rb"grpc-status: (\d+)\r\n", last)[1])}
    assert flags == 2
    return messages[:-1], json.loads(last)


def ask_to_watch(gateway, content_type, first, **headers):
    answer = ask(gateway, WATCH, request(content_type, first), content_type=content_type, **headers)
    assert answer.headers[":status"] == 200 and answer.headers["content-type"] == content_type
    return answer


def watch(gateway, content_type, first, **headers):
    answer = ask_to_watch(gateway, content_type, first, **headers)
    return outcome(content_type, answer.headers, answer.trailers, split(answer.body))


@contextlib.contextmanager
def streams(gateway, count, first, deaf=False, **headers):
    """So many streams that are open, and what tells how they ended."""
    sent = sent_with(TOKEN, {"content_type": JSON} | headers)
    command = ["node", TOP / "tests/npm/streams.mjs", f"http://127.0.0.1:{gateway.port}", f"/bihuan.v1.{WATCH}", json.dumps(sent)]
    command += [base64.b64encode(request(JSON, first)).decode(), str(count), *(["deaf"] if deaf else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        try:
            wait_for_line(client.stdout, "open")
            yield lambda: json.loads(wait_for_line(client.stdout, "["))
        finally:
            client.kill()


def last_error(end):
    """Of a Connect stream in JSON, as streams.mjs saw it."""
    return json.loads(end["tail"][end["tail"].rindex('{"error"'):])["error"]


@pytest.mark.parametrize("content_type", TYPES)
def test_messages_in_order_and_the_end(gateway, content_type):
    messages, end = watch(gateway, content_type, 7)
    assert [flags for flags, _ in messages] == [0, 0, 0] and end in ({}, {"grpc-status": 0})
    if content_type == JSON:
        assert [json.loads(text)["nextIndex"] for _, text in messages] == ["8", "9", "10"]
    else:
        assert [message[-1] for _, message in messages] == [8, 9, 10]


@pytest.mark.parametrize("content_type", TYPES)
def test_an_error_behind_messages(gateway, content_type):
    messages, end = watch(gateway, content_type, FAILING)
    assert len(messages) == 5 and end.get("grpc-status", 10) == 10
    if content_type == JSON:
        assert end["error"]["code"] == "aborted" and end["error"]["details"][0]["debug"]["reason"] == "STALE_VERSION"


@pytest.mark.parametrize("content_type", TYPES)
def test_an_error_before_any_message(gateway, content_type):
    messages, end = watch(gateway, content_type, 7, token="wrong")
    assert messages == [] and (end == {"grpc-status": 16} or end["error"]["code"] == "unauthenticated")


@pytest.mark.parametrize("content_type, timeout", [(JSON, {"connect_timeout_ms": "700"}), (GRPC, {"grpc_timeout": "700m"})])
def test_the_deadline_of_the_client_ends_an_idle_stream(gateway, content_type, timeout):
    messages, end = watch(gateway, content_type, IDLE, **timeout)
    assert len(messages) == 1 and end.get("grpc-status", 4) == 4 and end.get("error", {"code": "deadline_exceeded"})["code"] == "deadline_exceeded"


@pytest.mark.parametrize("method, content_type", [(WATCH, "application/json"), (WATCH, "application/proto"), ("DirectoryService/GetMe", JSON)])
def test_a_stream_is_no_call(gateway, method, content_type):
    answer = gateway.call(method, {}, content_type=content_type)
    assert answer.status == 415 and answer.detail()["reason"] == "WRONG_KIND_OF_CALL"


@pytest.mark.parametrize("body", [b"", b"{}", frame(b"{", size=9), frame(b"[]")])
def test_bad_requests(gateway, body):
    answer = ask(gateway, WATCH, body, content_type=JSON)
    (flags, end), = split(answer.body)
    assert flags == 2 and json.loads(end)["error"]["code"] in ("unimplemented", "invalid_argument")


def test_a_client_that_leaves_is_noticed_by_the_service(gateway):
    trace = "5" * 32
    with streams(gateway, 1, IDLE, traceparent=f"00-{trace}-00f067aa0ba902b7-01"):
        pass
    gateway.wait_for(lambda: gateway.logged("WatchChanges", "CANCELLED", trace), "the gateway did not notice")
    gateway.wait_for(lambda: gateway.logged("WatchChanges", "CANCELLED", trace, log="backend.log"), "the service did not notice")


def test_a_session_that_ends_ends_its_streams(gateway):
    with streams(gateway, 3, IDLE) as ends, gateway.revoked():
        assert [last_error(end)["code"] for end in ends()] == ["unauthenticated"] * 3


def test_a_session_nobody_can_look_at_goes_on(gateway):
    """The directory is busy; when it answers again the stream is still there, and looked at again."""
    with streams(gateway, 1, IDLE) as ends:
        with gateway.holding():
            assert [gateway.call("DirectoryService/ListUnits", KEEP).status, gateway.call("DirectoryService/GetMe", {}).status] == [504, 504]
        with gateway.revoked():
            assert last_error(ends()[0])["code"] == "unauthenticated"


def test_streams_of_one_caller_are_limited():
    with Gateway(CALLER_STREAMS_MAX=2) as gateway, streams(gateway, 2, IDLE):
        answer = ask_to_watch(gateway, JSON, 7)
        _, end = outcome(JSON, answer.headers, answer.trailers, split(answer.body))
        assert end["error"]["code"] == "resource_exhausted" and end["error"]["details"][0]["debug"]["reason"] == "CALLER_STREAMS"
        assert answer.headers["retry-after"] == "1"
        assert gateway.counters()['bihuan_http_limited_total{limit="streams"}'] == 1
        assert gateway.call("DirectoryService/GetMe", {}).status == 200


def test_no_stream_is_for_ever():
    with Gateway(STREAM_MS=1000) as gateway, streams(gateway, 1, IDLE) as ends:
        error = last_error(ends()[0])
        assert (error["code"], error["details"][0]["debug"]["reason"]) == ("unavailable", "STREAM_OVER")


def test_a_gateway_that_stops_ends_its_streams():
    with Gateway() as gateway, streams(gateway, 3, IDLE) as ends:
        gateway.stop()
        assert [last_error(end)["details"][0]["debug"]["reason"] for end in ends()] == ["SHUTTING_DOWN"] * 3


def resident(process):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1]) << 10


of_the_gateway_alone = pytest.mark.skipif(BUILD.name == "dev", reason="sanitizers keep memory of their own")


@of_the_gateway_alone
def test_who_does_not_read_costs_no_memory(gateway):
    """The service has always more to say: it is not asked for it."""
    before = resident(gateway.process)
    with streams(gateway, DEAF, ENDLESS, deaf=True):
        for _ in range(20):
            assert gateway.call("DirectoryService/GetMe", {}).status == 200
        assert resident(gateway.process) - before < DEAF * BYTES_PER_DEAF_STREAM
        assert watch(gateway, GRPC, 7)[1] == {"grpc-status": 0}


@of_the_gateway_alone
def test_thousands_that_are_idle():
    with Gateway(CALLER_STREAMS_MAX=MANY, CALLER_BURST=10 * MANY) as gateway:
        check_idle_streams(gateway)


def check_idle_streams(gateway):
    assert gateway.call("DirectoryService/GetMe", {}).status == 200
    before = resident(gateway.process)
    with streams(gateway, MANY, IDLE):
        each = (resident(gateway.process) - before) / MANY
        assert gateway.counters()["bihuan_http_streams_open"] == MANY
        assert gateway.call("DirectoryService/GetMe", {}).status == 200
        print(f"{MANY} idle streams: {each / 1024:.1f} KiB of the gateway's memory each, at most {BYTES_PER_STREAM >> 10} allowed")
        assert each <= BYTES_PER_STREAM
    gateway.wait_for(lambda: gateway.counters()["bihuan_http_streams_open"] == 0, "streams stay open")
