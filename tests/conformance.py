"""What every client that is not ours must find, in every protocol it speaks; against any gateway behind TLS."""
import base64
import contextlib
import io
import json
import os
import pathlib
import secrets
import signal
import subprocess
from dataclasses import dataclass, field
from typing import Callable

from browser import Page

TOP = pathlib.Path(__file__).resolve().parents[1]


@dataclass
class Site:
    """A gateway, and calls whose outcomes are known. A call is a service, a method and a request."""

    url: str
    ca: pathlib.Path
    token: str
    descriptors: pathlib.Path
    unary: tuple
    words: list  # of the answer to it
    refused: tuple
    code: str
    detail: dict
    slow: tuple
    stream: tuple  # which does not end by itself
    take: int      # messages it begins with
    noticed: Callable  # returns when the service has noticed that the call of this trace id was given up
    holding: Callable = contextlib.nullcontext  # the slow call does not end within
    page: Page = None  # of this site, for BROWSERS


@dataclass
class Ask:
    """How to ask."""

    timeout_ms: int = 0
    take: int = 0  # messages of a stream, after which it is given up
    trace: str = field(default_factory=lambda: secrets.token_hex(16))

    def headers(self, site):
        return {"authorization": f"Bearer {site.token}", "traceparent": f"00-{self.trace}-00f067aa0ba902b7-01"}


def words_of(site, call, how):
    """What tests/npm/calls.mjs wants to know of a call."""
    service, method, request = call
    return [json.dumps(how.headers(site)), f"bihuan.v1.{service}", method, json.dumps(request), str(how.timeout_ms), str(how.take)]


def in_node(peer, version):
    def ask(site, call, how):
        command = ["node", TOP / "tests/npm/peer.mjs", peer, version, site.descriptors, site.url, site.ca, *words_of(site, call, how)]
        trust = os.environ | {"NODE_EXTRA_CA_CERTS": str(site.ca)}
        run = subprocess.run(command, env=trust, capture_output=True, timeout=60, check=False)
        assert run.returncode == 0, run.stderr.decode()
        return json.loads(run.stdout)

    return ask


def in_browser(peer):
    return lambda site, call, how: site.page.ask(peer, *words_of(site, call, how))


def detail_of(site, packed):
    """buf shows what a detail says only for Connect, where the server has said it; so it reads the bytes."""
    command = [TOP / "tools/buf", "convert", site.descriptors, "--type", "bihuan.v1.ErrorDetail", "--from", "-#format=binpb", "--to", "-#format=json"]
    data = base64.b64decode(packed + "=" * (-len(packed) % 4))
    return json.loads(subprocess.run(command, input=data, capture_output=True, timeout=60, check=True).stdout)


def first_objects(stream, count):
    """The first JSON objects of a stream."""
    found, text = [], ""
    while len(found) < count and (line := stream.readline()):
        text += line
        with contextlib.suppress(json.JSONDecodeError):
            found.append(json.loads(text))
            text = ""
    return found


def taken_from(command, count):
    """buf is told by a signal that enough has come."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
        messages = first_objects(run.stdout, count)
        run.send_signal(signal.SIGINT)
    return {"messages": messages, "code": "canceled"}


def in_buf(protocol):
    def ask(site, call, how):
        service, method, request = call
        command = [TOP / "tools/buf", "curl", "--schema", site.descriptors, "--protocol", protocol, "--cacert", site.ca]
        command += [word for name, value in how.headers(site).items() for word in ("-H", f"{name}: {value}")]
        command += ["-d", json.dumps(request), *(["--timeout", f"{how.timeout_ms}ms"] if how.timeout_ms else [])]
        command += [f"{site.url}/bihuan.v1.{service}/{method}"]
        if how.take:
            return taken_from(command, how.take)
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if run.returncode == 0:
            return {"response": json.loads(run.stdout)}
        error = json.loads(run.stderr)
        messages = first_objects(io.StringIO(run.stdout), 1000)
        return error | {"messages": messages, "detail": detail_of(site, error["details"][0]["value"]) if error.get("details") else None}

    return ask


PEERS = {
    "connect-node json 1.1": in_node("connect-json", "1.1"),
    "connect-node json 2": in_node("connect-json", "2"),
    "connect-node binary 1.1": in_node("connect-binary", "1.1"),
    "connect-node binary 2": in_node("connect-binary", "2"),
    "connect-node grpc": in_node("connect-grpc", "2"),
    "connect-node grpc-web 1.1": in_node("connect-grpc-web", "1.1"),
    "connect-node grpc-web 2": in_node("connect-grpc-web", "2"),
    "connect-web json": in_node("web-json", "1.1"),
    "connect-web binary": in_node("web-binary", "1.1"),
    "connect-web grpc-web": in_node("web-grpc-web", "1.1"),
    "grpc-js": in_node("grpc-js", "2"),
    "buf connect": in_buf("connect"),
    "buf grpc": in_buf("grpc"),
    "buf grpc-web": in_buf("grpcweb"),
}
BROWSERS = {
    "chromium json": in_browser("web-json"),
    "chromium binary": in_browser("web-binary"),
    "chromium grpc-web": in_browser("web-grpc-web"),
}


def unary(ask, site):
    answer = ask(site, site.unary, Ask())
    text = json.dumps(answer["response"], ensure_ascii=False)
    assert all(word in text for word in site.words), text[:1000]


def error_with_detail(ask, site):
    answer = ask(site, site.refused, Ask())
    assert answer["code"] == site.code and answer["message"] == answer["detail"]["messageZh"], answer
    assert site.detail.items() <= answer["detail"].items(), answer


def deadline(ask, site):
    with site.holding():
        answer = ask(site, site.slow, Ask(timeout_ms=1500))
    assert answer["code"] == "deadline_exceeded", answer


def stream(ask, site):
    """Messages in order, and then the deadline, because there are no more; a crowded machine gets more time for them."""
    for timeout_ms in (2000, 30000):
        answer = ask(site, site.stream, Ask(timeout_ms=timeout_ms))
        if len(answer["messages"]) >= site.take:
            break
    places = [int(message["nextIndex"]) for message in answer["messages"]]
    assert len(places) >= site.take and places == sorted(places) and answer["code"] == "deadline_exceeded", answer


def cancel(ask, site):
    """A stream that is given up ends in the service too."""
    how = Ask(take=site.take)
    answer = ask(site, site.stream, how)
    assert len(answer["messages"]) >= site.take and answer["code"] == "canceled", answer  # more may have been on their way
    site.noticed(how.trace)


CHECKS = [unary, error_with_detail, deadline, stream, cancel]
