"""gRPC byte by byte: frames, metadata, trailers, and everything that must be refused."""
import base64
import subprocess
import urllib.parse

import pytest
from behind_gateway import TOKEN, TOP, Gateway
from raw_call import ask, frame

INVALID, DEADLINE, EXHAUSTED, ABORTED, UNIMPLEMENTED, UNAVAILABLE, UNAUTHENTICATED = 3, 4, 8, 10, 12, 14, 16
LIMIT = 4 << 20


@pytest.fixture(scope="module")
def gateway():
    with Gateway() as running:
        yield running
        assert running.is_alive()


LIST_STALE, LIST_HELD = frame(b"\x08\x91\x03"), frame(b"\x08\x92\x03")  # page_size 401 and 402


def field(number, data):
    return bytes([number << 3 | 2, len(data)]) + data


def check_ok(answer):
    """A message, and behind it the outcome."""
    assert answer.headers[":status"] == 200 and "grpc-status" not in answer.headers
    assert answer.trailers == {"grpc-status": "0"}
    assert answer.body[:5] == frame(b"", size=len(answer.body) - 5)


def decoded_status(text):
    """grpc-status-details-bin as protoc shows google.rpc.Status."""
    command = ["protoc", "--decode=bihuan.v1.GrpcStatus", "-I", TOP / "proto", "-I", "/usr/include", TOP / "proto/bihuan/v1/error.proto"]
    data = base64.b64decode(text + "=" * (-len(text) % 4))
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode()


def check_refused(answer, code, reason):
    """HTTP 200, no body, and one block of headers that says it all."""
    assert (answer.headers[":status"], answer.body, answer.trailers) == (200, b"", {}), answer
    assert answer.headers["content-type"] == "application/grpc"
    assert answer.headers["grpc-accept-encoding"] == "identity"
    assert int(answer.headers["grpc-status"]) == code, answer
    status = decoded_status(answer.headers["grpc-status-details-bin"])
    assert f"code: {code}\n" in status and 'type_url: "type.googleapis.com/bihuan.v1.ErrorDetail"' in status
    assert reason in status


@pytest.mark.parametrize("content_type", ["application/grpc", "application/grpc+proto", "application/grpc; charset=utf-8"])
def test_call(gateway, content_type):
    answer = ask(gateway, "DirectoryService/ResolveUnits", frame(field(1, "二".encode())), content_type=content_type)
    check_ok(answer)
    assert answer.headers["content-type"] == content_type.split(";")[0] and answer.headers["grpc-accept-encoding"] == "identity"
    assert "二".encode() in answer.body


@pytest.mark.parametrize("content_type", ["application/grpc-web", "application/grpc-web+proto"])
def test_grpc_web(gateway, content_type):
    """The trailers are the last message of the body."""
    answer = ask(gateway, "DirectoryService/ResolveUnits", frame(field(1, "二".encode())), content_type=content_type)
    assert answer.headers["content-type"] == content_type and "grpc-status" not in answer.headers and not answer.trailers
    size = 5 + int.from_bytes(answer.body[1:5], "big")
    assert "二".encode() in answer.body[5:size] and answer.body[size:] == frame(b"grpc-status: 0\r\n", flags=0x80)


def test_grpc_web_refuses_as_grpc_does(gateway):
    answer = ask(gateway, "DirectoryService/ListUnits", LIST_STALE, content_type="application/grpc-web+proto")
    assert answer.headers["content-type"] == "application/grpc-web+proto" and answer.headers["grpc-status"] == str(ABORTED)
    assert answer.body == b"" and "STALE_VERSION" in decoded_status(answer.headers["grpc-status-details-bin"])
    unknown = ask(gateway, "", frame(b""), path="/x/Y", content_type="application/grpc-web+proto")
    assert unknown.headers["grpc-status"] == str(UNIMPLEMENTED)


def test_message_without_a_field(gateway):
    answer = ask(gateway, "DirectoryService/GetMe", frame(b""))
    check_ok(answer)
    assert b"handler01" in answer.body


def test_login_and_logout(gateway):
    login = frame(field(1, b"handler01") + field(2, b"right"))
    assert TOKEN.encode() in ask(gateway, "DirectoryService/Login", login, token=None).body
    assert ask(gateway, "DirectoryService/Logout", frame(b"")).body == frame(b"")
    check_refused(ask(gateway, "DirectoryService/Logout", b""), UNIMPLEMENTED, "ONE_MESSAGE_EXPECTED")


@pytest.mark.parametrize(
    "body, code, reason",
    [
        (b"", UNIMPLEMENTED, "ONE_MESSAGE_EXPECTED"),
        (frame(b"") + frame(b""), UNIMPLEMENTED, "ONE_MESSAGE_EXPECTED"),
        (frame(b"\x1f\x8b", flags=1), UNIMPLEMENTED, "ENCODING_UNKNOWN"),
        (frame(b"", flags=2), INVALID, "BAD_MESSAGE"),
        (b"\0", INVALID, "BAD_MESSAGE"),
        (b"\0\0\0\0", INVALID, "BAD_MESSAGE"),
        (frame(b"\x0a", size=2), INVALID, "BAD_MESSAGE"),
        (frame(b"") + b"\0", INVALID, "BAD_MESSAGE"),
        (frame(b"") + b"rubbish", INVALID, "BAD_MESSAGE"),
        (frame(b"\x0a"), INVALID, "BAD_MESSAGE"),
        (frame(b"", size=LIMIT + 1), EXHAUSTED, "MESSAGE_TOO_LARGE"),
        (frame(b"", size=0xFFFFFFFF), EXHAUSTED, "MESSAGE_TOO_LARGE"),
        (frame(b"\0" * (LIMIT + 1)), EXHAUSTED, "MESSAGE_TOO_LARGE"),
    ],
    ids=["empty", "two", "compressed", "flags", "1-byte", "4-bytes", "short", "trailing-byte", "trailing-bytes", "bad-message", "limit", "huge", "sent"],
)
def test_bad_body(gateway, body, code, reason):
    check_refused(ask(gateway, "DirectoryService/ResolveUnits", body), code, reason)


def test_largest_message(gateway):
    """Unknown fields pass, so that the whole limit can be sent."""
    size = LIMIT - 5
    message = b"\x7a" + bytes([size & 127 | 128, size >> 7 & 127 | 128, size >> 14 & 127 | 128, size >> 21]) + b"\0" * size
    assert len(message) == LIMIT
    check_ok(ask(gateway, "DirectoryService/ResolveUnits", frame(message)))


@pytest.mark.parametrize(
    "headers, code, reason",
    [
        ({"token": None}, UNAUTHENTICATED, "LOGIN_NEEDED"),
        ({"token": "wrong"}, UNAUTHENTICATED, "LOGIN_NEEDED"),
        ({"grpc_encoding": "gzip"}, UNIMPLEMENTED, "ENCODING_UNKNOWN"),
        *[({"grpc_timeout": text}, INVALID, "BAD_FIELD") for text in ("1", "S", "-1S", "1s", "123456789S", "1SS", "1 S", "1.5S")],
    ],
)
def test_bad_metadata(gateway, headers, code, reason):
    check_refused(ask(gateway, "DirectoryService/GetMe", frame(b""), **headers), code, reason)


@pytest.mark.parametrize("path", ["/bihuan.v1.DirectoryService/CheckSession", "/bihuan.v1.X/Y", "/grpc.health.v1.Health/Check", "/"])
def test_unknown_methods(gateway, path):
    check_refused(ask(gateway, "", frame(b""), path=path), UNIMPLEMENTED, "UNKNOWN_METHOD")


def test_error_of_a_service(gateway):
    answer = ask(gateway, "DirectoryService/ListUnits", LIST_STALE)
    check_refused(answer, ABORTED, "STALE_VERSION")
    assert urllib.parse.unquote(answer.headers["grpc-message"]) == "已被他人更新"
    english = ask(gateway, "DirectoryService/ListUnits", LIST_STALE, accept_language="en")
    assert urllib.parse.unquote(english.headers["grpc-message"]) == "It has moved."


def test_bytes_that_are_no_text_do_not_break_the_detail(gateway):
    """Node sends each of these characters as one byte."""
    answer = ask(gateway, "", frame(b""), path="/bihuan.v1.\xff\xfe/x")
    check_refused(answer, UNIMPLEMENTED, "UNKNOWN_METHOD")
    assert "：/bihuan.v1.\ufffd\ufffd/x；" in urllib.parse.unquote(answer.headers["grpc-message"], errors="strict")


def test_long_sentences_are_cut(gateway):
    """Headers without end are what proxies drop."""
    path = "/bihuan.v1." + "x" * 12000
    answer = ask(gateway, "", frame(b""), path=path)
    check_refused(answer, UNIMPLEMENTED, "UNKNOWN_METHOD")
    assert sum(len(str(value)) for value in answer.headers.values()) < 8192


@pytest.mark.parametrize("timeout, earliest, latest", [("1000m", 1, 4), ("1S", 1, 4), ("1000000u", 1, 4), ("1n", 0, 4), ("99999999H", 4, 60), (None, 4, 60)])
def test_deadline(gateway, timeout, earliest, latest):
    """The caller's own, or else the gateway's, which is 4 s here."""
    headers = {"grpc_timeout": timeout} if timeout else {}
    with gateway.holding():
        answer = ask(gateway, "DirectoryService/ListUnits", LIST_HELD, **headers)
    check_refused(answer, DEADLINE, "DEADLINE_EXPIRED")
    assert earliest <= answer.seconds + 0.05 and answer.seconds < latest


def test_service_that_is_not_there(gateway):
    check_refused(ask(gateway, "TaskService/ListTasks", frame(b"")), UNAVAILABLE, "SERVICE_UNREACHABLE")


def test_get_is_no_call(gateway):
    answer = gateway.curl("/bihuan.v1.DirectoryService/GetMe", headers={"content-type": "application/grpc"})
    assert answer.status == 405 and answer.detail()["reason"] == "HTTP_METHOD_WRONG"
