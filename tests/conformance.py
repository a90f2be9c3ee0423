"""What every client that is not ours must find, in every protocol it speaks; against any gateway behind TLS."""
import base64
import contextlib
import json
import pathlib
import subprocess
from dataclasses import dataclass
from typing import Callable

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
    holding: Callable = contextlib.nullcontext  # the slow call does not end within


def in_node(peer, version):
    def ask(site, call, timeout_ms):
        service, method, request = call
        command = ["node", TOP / "tests/npm/peer.mjs", peer, version, site.descriptors, site.url, site.ca, site.token]
        command += [f"bihuan.v1.{service}", method, json.dumps(request), str(timeout_ms or "")]
        run = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert run.returncode == 0, run.stderr.decode()
        return json.loads(run.stdout)

    return ask


def detail_of(site, packed):
    """buf shows what a detail says only for Connect, where the server has said it; so it reads the bytes."""
    command = [TOP / "tools/buf", "convert", site.descriptors, "--type", "bihuan.v1.ErrorDetail", "--from", "-#format=binpb", "--to", "-#format=json"]
    data = base64.b64decode(packed + "=" * (-len(packed) % 4))
    return json.loads(subprocess.run(command, input=data, capture_output=True, timeout=60, check=True).stdout)


def in_buf(protocol):
    def ask(site, call, timeout_ms):
        service, method, request = call
        command = [TOP / "tools/buf", "curl", "--schema", site.descriptors, "--protocol", protocol, "--cacert", site.ca]
        command += ["-H", f"authorization: Bearer {site.token}", "-d", json.dumps(request)]
        command += ["--timeout", f"{timeout_ms}ms"] if timeout_ms else []
        run = subprocess.run([*command, f"{site.url}/bihuan.v1.{service}/{method}"], capture_output=True, timeout=60, check=False)
        if run.returncode == 0:
            return {"response": json.loads(run.stdout)}
        error = json.loads(run.stderr)
        return error | {"detail": detail_of(site, error["details"][0]["value"]) if error.get("details") else None}

    return ask


PEERS = {
    "connect-node json 1.1": in_node("connect-json", "1.1"),
    "connect-node json 2": in_node("connect-json", "2"),
    "connect-node binary 1.1": in_node("connect-binary", "1.1"),
    "connect-node binary 2": in_node("connect-binary", "2"),
    "connect-node grpc": in_node("connect-grpc", "2"),
    "connect-node grpc-web 1.1": in_node("connect-grpc-web", "1.1"),
    "connect-node grpc-web 2": in_node("connect-grpc-web", "2"),
    "grpc-js": in_node("grpc-js", "2"),
    "buf connect": in_buf("connect"),
    "buf grpc": in_buf("grpc"),
    "buf grpc-web": in_buf("grpcweb"),
}


def unary(ask, site):
    answer = ask(site, site.unary, None)
    text = json.dumps(answer["response"], ensure_ascii=False)
    assert all(word in text for word in site.words), text[:1000]


def error_with_detail(ask, site):
    answer = ask(site, site.refused, None)
    assert answer["code"] == site.code and answer["message"] == answer["detail"]["messageZh"], answer
    assert site.detail.items() <= answer["detail"].items(), answer


def deadline(ask, site):
    with site.holding():
        answer = ask(site, site.slow, 1500)
    assert answer["code"] == "deadline_exceeded", answer


CHECKS = [unary, error_with_detail, deadline]
