"""The gateway over real sockets: Connect calls, sessions, errors, limits."""
import base64
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest
from behind_gateway import AUDITOR, BUILD, CALLS_MAX, HOLD, TOKEN, TOP, Gateway

HIDDEN = [
    "DirectoryService/CheckSession",
    "TargetService/RecordObservations",
    "ProgressService/RegisterEvidence",
    "ProgressService/GetEvidence",
    "ProgressService/FindEvidence",
    "ProgressService/ApplyTaskChange",
    "HealthService/CheckHealth",
]
SECURE = ["x-content-type-options", "content-security-policy", "cache-control", "referrer-policy", "x-frame-options"]


@pytest.fixture(scope="module")
def gateway():
    with Gateway() as running:
        yield running
        assert running.is_alive()


def test_every_method_that_is_called_by_others_is_hidden():
    """The contract says in a comment who calls what is not for people."""
    inside = set()
    for path in (TOP / "proto" / "bihuan" / "v1").glob("*_service.proto"):
        text = path.read_text(encoding="utf-8")
        service = re.search(r"^service (\w+)", text, re.M).group(1)
        inside |= {f"{service}/{name}" for name in re.findall(r"Called by[^\n]*\n\s*rpc (\w+)", text)}
    assert inside - {"DirectoryService/Logout"} == set(HIDDEN)


def check_error(answer, status, code, reason):
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["code"] == code
    assert answer.detail()["reason"] == reason


def test_json_call(gateway):
    answer = gateway.call("DirectoryService/GetMe", {})
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    user = answer.json()["user"]
    assert user["login"] == "handler01" and user["userId"] == 7


def test_round_trip_of_text(gateway):
    names = ["南湖区政府", 'quote " and \\', "🌸", "tab\t"]
    answer = gateway.call("DirectoryService/ResolveUnits", {"names": names})
    assert [unit["name"] for unit in answer.json()["units"]] == names
    assert answer.json()["units"][0]["kind"] == "UNIT_KIND_COUNTY"


def test_binary_call(gateway):
    names = b"".join(b"\x0a" + bytes([len(n)]) + n for n in (b"one", "二".encode()))
    answer = gateway.call("DirectoryService/ResolveUnits", names, content_type="application/proto")
    assert answer.status == 200 and answer.headers["content-type"] == "application/proto"
    assert b"one" in answer.body and "二".encode() in answer.body


def test_trace_id_of_the_caller_travels(gateway):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = gateway.call("DirectoryService/GetMe", {}, traceparent=f"00-{trace}-00f067aa0ba902b7-01")
    assert answer.json()["user"]["name"] == trace
    other = gateway.call("DirectoryService/GetMe", {}, traceparent=f"00-{trace[:-1]}x-00f067aa0ba902b7-01")
    assert trace[:-1] not in other.json()["user"]["name"]


def test_login_and_logout(gateway):
    answer = gateway.call("DirectoryService/Login", {"login": "handler01", "password": "right"}, token=None)
    assert answer.json() == {"token": TOKEN, "expiresMs": "9007199254740993"}
    assert "set-cookie" not in answer.headers
    assert gateway.call("DirectoryService/Logout", {}).status == 200
    wrong = gateway.call("DirectoryService/Login", {"login": "handler01", "password": "wrong"}, token=None)
    check_error(wrong, 401, "unauthenticated", "LOGIN_FAILED")


@pytest.mark.parametrize("token", [None, "wrong", "x" * 300, "token-of-nobody"])
def test_no_session_no_answer(gateway, token):
    check_error(gateway.call("DirectoryService/GetMe", {}, token=token), 401, "unauthenticated", "LOGIN_NEEDED")


def test_browser_gets_a_cookie_and_must_show_its_origin(gateway):
    page = {"sec_fetch_site": "same-origin", "x_bihuan_csrf": "1"}
    answer = gateway.call("DirectoryService/Login", {"login": "handler01", "password": "right"}, token=None, **page)
    cookie = answer.headers["set-cookie"]
    assert cookie == f"__Host-bihuan={TOKEN}; Path=/; Secure; HttpOnly; SameSite=Strict"
    assert "token" not in answer.json()
    login = b"\x0a\x09handler01\x12\x05right"
    binary = gateway.call("DirectoryService/Login", login, token=None, content_type="application/proto", **page)
    assert binary.headers["set-cookie"] == cookie and TOKEN.encode() not in binary.body
    sent = {"cookie": f"a=b; __Host-bihuan={TOKEN}; c=d"}
    host = f"127.0.0.1:{gateway.port}"
    accepted = [page, {"origin": f"https://{host}", "x_bihuan_csrf": "1"}]
    refused = [
        {},
        {"x_bihuan_csrf": "1"},
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "cross-site", "x_bihuan_csrf": "1", "origin": f"https://{host}"},
        {"sec_fetch_site": "same-site", "x_bihuan_csrf": "1"},
        {"origin": "https://evil.example", "x_bihuan_csrf": "1"},
    ]
    for headers in accepted:
        assert gateway.call("DirectoryService/GetMe", {}, token=None, **sent, **headers).status == 200
    for headers in refused:
        assert gateway.call("DirectoryService/GetMe", {}, token=None, **sent, **headers).status == 401
    imitation = {"cookie": f"x__Host-bihuan={TOKEN}"}
    assert gateway.call("DirectoryService/GetMe", {}, token=None, **imitation, **page).status == 401


def test_errors_carry_both_languages(gateway):
    answer = gateway.call("DirectoryService/ListUnits", {"pageSize": 401})
    check_error(answer, 409, "aborted", "STALE_VERSION")
    assert answer.json()["message"] == "已被他人更新"
    assert answer.detail() == {
        "reason": "STALE_VERSION",
        "messageZh": "已被他人更新",
        "messageEn": "It has moved.",
        "unblockZh": "督查室",
        "unblockEn": "supervision office",
    }
    detail = answer.json()["details"][0]
    assert detail["type"] == "bihuan.v1.ErrorDetail"
    packed = base64.b64decode(detail["value"] + "=" * (-len(detail["value"]) % 4))
    assert packed.startswith(b"\x0a\x0dSTALE_VERSION\x12")
    english = gateway.call("DirectoryService/ListUnits", {"pageSize": 401}, accept_language="en-GB,zh;q=0.5")
    assert english.json()["message"] == "It has moved."
    asked = gateway.call("DirectoryService/ListUnits?lang=en", {"pageSize": 401}, accept_language="zh-CN")
    assert asked.json()["message"] == "It has moved."


def test_hidden_methods_look_like_unknown_ones(gateway):
    for method in HIDDEN:
        unknown = method[:-1] + "X"
        for content_type in ("application/json", "application/proto"):
            hidden = gateway.call(method, b"{}", content_type=content_type)
            check_error(hidden, 501, "unimplemented", "UNKNOWN_METHOD")
            other = gateway.call(unknown, b"{}", content_type=content_type)
            assert hidden.json()["message"] == other.json()["message"].replace(unknown, method)
            assert {k: v for k, v in hidden.headers.items() if k != "content-length"} == {
                k: v for k, v in other.headers.items() if k != "content-length"
            }


@pytest.mark.parametrize(
    "path",
    ["DirectoryService", "DirectoryService/", "DirectoryService/getMe", "DirectoryServiceX/GetMe", "X/GetMe", "/GetMe", "TaskService/IssueTask/"],
)
def test_unknown_methods(gateway, path):
    check_error(gateway.call(path, {}), 501, "unimplemented", "UNKNOWN_METHOD")


@pytest.mark.parametrize("path", ["/", "/x", "/grpc.health.v1.Health/Check", "/../etc/passwd", "/healthz/", "/evidenceX", "/%00"])
def test_other_paths(gateway, path):
    answer = gateway.curl("", "--path-as-is", "--request-target", path)
    check_error(answer, 404, "not_found", "NOT_FOUND_OBJECT")


@pytest.mark.parametrize("content_type", ["text/plain", "application/jsonx", "application/grpc-web-text", "application/grpc+json", "application/connect+xml", ""])
def test_unknown_codec(gateway, content_type):
    answer = gateway.call("DirectoryService/GetMe", {}, content_type=content_type)
    check_error(answer, 415, "unimplemented", "CONTENT_TYPE_UNKNOWN")
    assert f'"{content_type}"' in answer.detail()["messageEn"] and "请用下列之一" in answer.json()["message"]
    assert answer.headers["accept-post"] == ", ".join([
        "application/json", "application/proto", "application/connect+json", "application/connect+proto",
        "application/grpc", "application/grpc+proto", "application/grpc-web", "application/grpc-web+proto",
    ])


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json\t;charset=utf-8"])
def test_codec_in_other_words(gateway, content_type):
    assert gateway.call("DirectoryService/GetMe", {}, content_type=content_type).status == 200


def test_get_is_no_call(gateway):
    answer = gateway.curl("/bihuan.v1.DirectoryService/GetMe")
    check_error(answer, 405, "unimplemented", "HTTP_METHOD_WRONG")
    assert answer.headers["allow"] == "POST" and "not with GET" in answer.detail()["messageEn"]
    answer = gateway.curl("/bihuan.v1.DirectoryService/GetMe", "--head")
    assert (answer.status, answer.body.strip()) == (405, b""), "the head, and no body that a client would take for an error"


@pytest.mark.parametrize(
    "headers, field",
    [
        ({"connect_protocol_version": "2"}, "connect-protocol-version"),
        ({"connect_timeout_ms": "12345678901"}, "connect-timeout-ms"),
        ({"connect_timeout_ms": "-1"}, "connect-timeout-ms"),
    ],
)
def test_protocol_headers(gateway, headers, field):
    answer = gateway.call("DirectoryService/GetMe", {}, **headers)
    check_error(answer, 400, "invalid_argument", "BAD_FIELD")
    assert field in answer.detail()["messageEn"]


def test_compressed_body(gateway):
    answer = gateway.call("DirectoryService/GetMe", b"\x1f\x8b", content_encoding="gzip")
    check_error(answer, 501, "unimplemented", "ENCODING_UNKNOWN")


def test_scheme_of_the_token_in_any_case(gateway):
    assert gateway.call("DirectoryService/GetMe", {}, token=None, authorization=f"bearer {TOKEN}").status == 200


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "BAD_MESSAGE"),
        ("{", "BAD_MESSAGE"),
        ("[" * 100000, "BAD_MESSAGE"),
        ('{"names":["a","\\u0000"]}', "BAD_MESSAGE"),
        (b'{"names":["\xff"]}', "BAD_MESSAGE"),
        ('{"names":[],"names":[]}', "BAD_MESSAGE"),
        ('{"nope":1}', "BAD_FIELD"),
        ('{"names":[1]}', "BAD_FIELD"),
        ("null", "BAD_MESSAGE"),
    ],
    ids=range(9),
)
def test_hostile_json(gateway, text, reason):
    check_error(gateway.call("DirectoryService/ResolveUnits", text), 400, "invalid_argument", reason)


def test_json_of_too_many_values(gateway):
    """Small enough by its bytes and perhaps by the limit of each field, too much to be unpacked: it says what to do."""
    answer = gateway.call("DirectoryService/ResolveUnits", '{"names":[' + "1," * 200000)
    check_error(answer, 429, "resource_exhausted", "MESSAGE_TOO_COMPLEX")


@pytest.mark.parametrize(
    "data",
    [
        b"\x0a",
        b"\x0a\xff\xff\xff\xff\x0f",
        b"\x0a\x01\xff",
        b"\x0a\x01\x00",
        b"\x08\x01",
        b"\xff" * 1000,
        b"\x0b" * 50000,
    ],
    ids=range(7),
)
def test_hostile_binary(gateway, data):
    answer = gateway.call("DirectoryService/ResolveUnits", data, content_type="application/proto")
    assert answer.status == 400 and answer.json()["code"] == "invalid_argument"


def test_oversized_body(gateway):
    text = json.dumps({"names": ["x" * (5 << 20)]})
    for headers in ({}, {"transfer_encoding": ""}):
        check_error(gateway.call("DirectoryService/ResolveUnits", text, **headers), 429, "resource_exhausted", "MESSAGE_TOO_LARGE")


def test_largest_body(gateway):
    names = ["督" * 1000] * 1000
    answer = gateway.call("DirectoryService/ResolveUnits", json.dumps({"names": names}, ensure_ascii=False))
    assert len(answer.json()["units"]) == 1000


def test_text_that_grows_when_written(gateway):
    answer = gateway.call("DirectoryService/ResolveUnits", {"names": ["\x01" * 500000]})
    assert answer.json()["units"][0]["name"] == "\x01" * 500000


@pytest.mark.parametrize("headers, earliest, latest", [({"connect_timeout_ms": "300"}, 0.3, 4), ({}, 4, 60)])
def test_deadline(gateway, headers, earliest, latest):
    """The caller's own, or else the gateway's, which is 4 s here."""
    with gateway.holding():
        started = time.monotonic()
        answer = gateway.call("DirectoryService/ListUnits", HOLD, **headers)
        check_error(answer, 504, "deadline_exceeded", "DEADLINE_EXPIRED")
        assert earliest <= time.monotonic() - started < latest


def test_service_that_is_not_there(gateway):
    check_error(gateway.call("TaskService/ListTasks", {}), 503, "unavailable", "SERVICE_UNREACHABLE")


def test_healthz_names_what_is_missing(gateway):
    answer = gateway.curl("/healthz")
    assert answer.status == 503
    told = answer.json()
    assert told["services"] == {"directory": True, "target": False, "task": False, "progress": True, "audit": True}
    assert told["ok"] is False
    assert [(ill["service"], ill["reason"]) for ill in told["ill"]] == [
        (name, "SERVICE_UNREACHABLE") for name in ("target", "task")
    ]
    assert told["ill"][0]["messageZh"] .startswith("连不上服务 bihuan.v1.TargetService，")
    assert told["ill"][0]["messageEn"] == "The service bihuan.v1.TargetService cannot be reached; try again later, then call the operator."


def test_healthz_passes_on_what_a_service_says_of_itself(gateway):
    (gateway.dir / "ill").touch()
    told = gateway.curl("/healthz").json()
    (gateway.dir / "ill").unlink()
    reasons = {ill["service"]: ill["reason"] for ill in told["ill"]}
    assert reasons["directory"] == reasons["progress"] == "DATABASE_UNAVAILABLE"
    assert not any(told["services"].values())
    assert gateway.curl("/healthz", "-X", "GET", data="a body that nobody asked for").json()["services"]["directory"]


def test_security_headers_everywhere(gateway):
    answers = [
        gateway.curl("/healthz"),
        gateway.curl("/nowhere"),
        gateway.call("DirectoryService/GetMe", {}),
        gateway.call("DirectoryService/GetMe", {}, token=None),
        gateway.call("DirectoryService/GetMe", {}, content_type="text/plain"),
        gateway.curl("/bihuan.v1.DirectoryService/GetMe"),
    ]
    for answer in answers:
        for header in SECURE:
            assert header in answer.headers, (header, answer)
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_headers_without_end(gateway):
    many = [option for i in range(80) for option in ("-H", f"x-{i}: y")]
    long = ["-H", "x-long: " + "y" * 20000]
    for headers in (many, long):
        for path in ("/healthz", "/bihuan.v1.DirectoryService/GetMe"):
            check_error(gateway.curl(path, *headers), 431, "resource_exhausted", "HEADERS_TOO_LARGE")
    assert gateway.curl("/healthz").status == gateway.curl("/healthz", "--head").status == 503


def test_many_streams_on_one_connection(gateway):
    for _ in range(3):
        assert gateway.flood("DirectoryService/Login", {"login": "x", "password": "y"}, 30)[401].count == 30


def test_overload_is_refused_and_passes(gateway):
    """More calls than CALLS_MAX at one time; the service itself queues a few."""
    with gateway.holding():
        seen = gateway.flood("DirectoryService/ListUnits", HOLD, 2 * CALLS_MAX)
    assert seen[503].count >= CALLS_MAX and sum(answer.count for answer in seen.values()) == 2 * CALLS_MAX
    assert "code=UNAVAILABLE reason=QUEUE_FULL user= " in gateway.log.read_text(encoding="utf-8")


def test_client_that_leaves(gateway):
    """The only worker is free again though nobody lets it go: the call of who left, at work or in the queue, is given up."""
    command = ["curl", "-sS", "--http2-prior-knowledge", "--max-time", "0.1", "-H", "content-type: application/json"]
    command += ["-H", f"authorization: Bearer {TOKEN}", "-d", json.dumps(HOLD)]
    with gateway.holding():
        for _ in range(20):
            subprocess.run([*command, f"http://127.0.0.1:{gateway.port}/bihuan.v1.DirectoryService/ListUnits"], capture_output=True, check=False)
        gateway.wait_until_well()


@pytest.mark.parametrize(
    "path, options",
    [
        ("/bihuan.v1.DirectoryService/GetMe", ["-X", "POST", "-H", "content-type: application/json"]),
        ("/evidence?name=slow", ["-H", "content-length: 10"]),
        ("/evidence/" + "0" * 64, ["-X", "GET"]),
    ],
    ids=["call", "upload", "download"],
)
def test_body_that_never_ends(gateway, path, options):
    trace = format(len(path), "032x")
    command = ["curl", "-sS", "--http2-prior-knowledge", "-H", f"traceparent: 00-{trace}-00f067aa0ba902b7-01", *options]
    command += ["-H", f"authorization: Bearer {TOKEN}", "-T", ".", f"http://127.0.0.1:{gateway.port}{path}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
        for _ in range(600):
            lines = [line for line in gateway.log.read_text(encoding="utf-8").splitlines() if trace in line]
            if lines:
                break
            time.sleep(0.1)
        client.kill()
    assert "reason=DEADLINE_EXPIRED" in lines[0]


def test_client_that_never_stops_sending_is_cut_off(gateway):
    command = ["curl", "-sS", "--http2-prior-knowledge", "--max-time", "20", "-w", "%{size_upload}", "-o", "/dev/null"]
    command += ["-T", "/dev/zero", f"http://127.0.0.1:{gateway.port}/nowhere"]
    run = subprocess.run(command, capture_output=True, check=False)
    assert int(run.stdout) < 32 << 20


def test_alive_without_services(gateway):
    assert gateway.curl("/livez").json() == {"ok": True}


def test_tokens_and_passwords_stay_out_of_the_log(gateway):
    gateway.call("DirectoryService/Login", {"login": "handler01", "password": "wrong-secret"}, token=None)
    log = gateway.log.read_text(encoding="utf-8")
    assert "wrong-secret" not in log and TOKEN not in log and AUDITOR not in log
    assert "path=/bihuan.v1.DirectoryService/Login code=UNAUTHENTICATED reason=LOGIN_FAILED" in log


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01" + b"\x00" * 200,
        os.urandom(5000),
        PREFACE + b"\xff\xff\xff" + b"\x00" * 100,
        PREFACE + SETTINGS + b"\x00\x00\x05\x01\x05\x00\x00\x00\x01\xff\xff\xff\xff\xff",
        PREFACE + SETTINGS + b"\x00\x00\x00\x00\x01\x00\x00\x00\x01",
        PREFACE + SETTINGS + (b"\x00\x00\x08\x06\x00\x00\x00\x00\x00" + b"\x00" * 8) * 50000,
        PREFACE + SETTINGS * 50000,
        PREFACE + SETTINGS + b"".join(
            b"\x00\x00\x05\x01\x05" + i.to_bytes(4, "big") + b"\x82\x86\x84\x41\x00" + b"\x00\x00\x04\x03\x00" + i.to_bytes(4, "big") + b"\x00\x00\x00\x08"
            for i in range(1, 20001, 2)
        ),
        PREFACE + SETTINGS + b"\x00\x00\x05\x01\x01\x00\x00\x00\x01\x82\x86\x84\x41\x00" + b"\x00\x00\x01\x09\x00\x00\x00\x00\x01\x00" * 50000,
    ],
    ids=["http1", "tls", "random", "frame-size", "bad-hpack", "data-on-idle", "pings", "settings", "rapid-reset", "continuation"],
)
def test_hostile_bytes(gateway, data):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except OSError:
            pass
    assert gateway.call("DirectoryService/GetMe", {}).status == 200


def test_stops_after_open_calls():
    with Gateway() as running:
        answers = []
        (running.dir / "hold").touch()
        caller = threading.Thread(target=lambda: answers.append(running.call("DirectoryService/ListUnits", HOLD)))
        caller.start()
        running.wait_until_held()
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert running.is_alive() and not answers
        (running.dir / "hold").unlink()
        caller.join()
        assert answers[0].status == 200
        assert running.process.wait(60) == 0


@pytest.mark.parametrize(
    "changed, word",
    [
        ({"BIHUAN_LISTEN": "nowhere"}, "ADDRESS:PORT"),
        ({"BIHUAN_LISTEN": "127.0.0.1:99999"}, "ADDRESS:PORT"),
        ({"BIHUAN_LISTEN": "192.0.2.1:1"}, "cannot listen"),
        ({"BIHUAN_EVIDENCE_DIR": "/dev/null/x"}, "BIHUAN_EVIDENCE_DIR"),
        ({"BIHUAN_KEY_FILE": "/nowhere"}, "/nowhere"),
        ({"BIHUAN_PEERS_FILE": "/nowhere"}, "/nowhere"),
        ({"BIHUAN_TIMEOUT_MS": "soon"}, "BIHUAN_TIMEOUT_MS"),
    ],
    ids=range(7),
)
def test_does_not_start_half_configured(gateway, changed, word):
    run = subprocess.run([BUILD / "gateway" / "bihuan-gateway"], env=os.environ | gateway.settings() | changed, capture_output=True, timeout=20, check=False)
    assert run.returncode not in (0, -6), run
    assert word in run.stderr.decode()
    assert run.stderr.count(b"\n") == 1


def test_help_names_every_setting():
    run = subprocess.run([BUILD / "gateway" / "bihuan-gateway", "--help"], capture_output=True, check=True)
    assert b"BIHUAN_EVIDENCE_DIR" in run.stdout and b"BIHUAN_LISTEN" in run.stdout
