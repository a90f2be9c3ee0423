"""Chromium without a screen, driven over the pipe of its DevTools. A page of the site's own origin calls the gateway as a
console would: the page and its modules come from here, at a path that the site does not have; all else goes to the site."""
import base64
import contextlib
import hashlib
import itertools
import json
import os
import pathlib
import select
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from urllib.parse import urlsplit

NPM = pathlib.Path(__file__).resolve().parent / "npm"
PLACE = "/peer/"
PACKAGES = ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-web"]
TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".binpb": "application/octet-stream"}
SECONDS = 60


class Chromium:
    """Commands go out, answers and events come back: JSON, each with a NUL behind it. No page lasts longer than the process."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="bihuan-chromium-")
        self.numbers = itertools.count(1)
        self.rest = b""
        self.on_event = lambda event: None
        ways = [f"{self.folder.name}/{name}" for name in ("in", "out")]
        for way in ways:
            os.mkfifo(way)
        program = shutil.which("chromium-headless-shell")
        # It meets pages of ours only, and root has no sandbox.
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
                   f"--user-data-dir={self.folder.name}/profile", *options]
        with open(f"{self.folder.name}/log", "wb") as log:
            self.process = subprocess.Popen(["sh", "-c", 'exec "$@" 3<"$0/in" 4>"$0/out"', self.folder.name, *command], stdout=log, stderr=log)
        self.commands, self.answers = open(ways[0], "wb"), open(ways[1], "rb", buffering=0)

    def close(self):
        self.commands.close()  # which ends it
        self.process.wait(SECONDS)
        self.answers.close()
        self.folder.cleanup()

    def log(self):
        return pathlib.Path(self.folder.name, "log").read_text(encoding="utf-8", errors="replace")

    def tell(self, method, session=None, **params):
        """A command whose answer nobody waits for; its number."""
        number = next(self.numbers)
        words = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        self.commands.write(json.dumps(words).encode() + b"\0")
        self.commands.flush()
        return number

    def hear(self, end):
        """The next answer or event."""
        while b"\0" not in self.rest:
            assert select.select([self.answers], [], [], max(0, end - time.monotonic()))[0], f"the browser is silent\n{self.log()}"
            part = self.answers.read(1 << 20)
            assert part, f"the browser has ended\n{self.log()}"
            self.rest += part
        one, self.rest = self.rest.split(b"\0", 1)
        return json.loads(one)

    def ask(self, method, session=None, **params):
        number, end = self.tell(method, session, **params), time.monotonic() + SECONDS
        while (heard := self.hear(end)).get("id") != number:
            self.on_event(heard)
        assert "error" not in heard, heard
        return heard["result"]


def import_map():
    """Where the modules of the packages are, by the names that others import them under."""
    imports = {}
    for package in PACKAGES:
        exports = json.loads((NPM / "node_modules" / package / "package.json").read_text())["exports"]
        imports |= {package + name[1:]: f"{PLACE}node_modules/{package}{where['import'][1:]}" for name, where in exports.items()}
    return json.dumps({"imports": imports})


class Page:
    """A page of the site."""

    def __init__(self, chromium, url, descriptors):
        self.chromium, self.descriptors, self.prefix = chromium, descriptors, url + PLACE
        chromium.on_event = self.serve
        target = chromium.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = chromium.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.command("Fetch.enable", patterns=[{"urlPattern": self.prefix + "*"}])
        self.command("Page.navigate", url=self.prefix)
        self.run("new Promise((done) => document.readyState === 'complete' ? done() : addEventListener('load', done))")

    def command(self, method, **params):
        return self.chromium.ask(method, self.session, **params)

    def file(self, name):
        """Content type and bytes."""
        if not name:
            return "text/html", f'<!doctype html><script type="importmap">{import_map()}</script>'.encode()
        path = self.descriptors if name == "contract.binpb" else NPM / name
        return TYPES[path.suffix], path.read_bytes()

    def serve(self, event):
        if event.get("method") != "Fetch.requestPaused":
            return
        kind, content = self.file(event["params"]["request"]["url"].removeprefix(self.prefix))
        self.chromium.tell("Fetch.fulfillRequest", self.session, requestId=event["params"]["requestId"], responseCode=200,
                           responseHeaders=[{"name": "content-type", "value": kind}], body=base64.b64encode(content).decode())

    def run(self, promise):
        """What it is kept with."""
        said = self.command("Runtime.evaluate", expression=promise, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    def ask(self, *words):
        """What page.mjs answers."""
        return json.loads(self.run(f"import('{PLACE}page.mjs').then((page) => page.ask(...{json.dumps(words)}))"))


def key_of(url, ca):
    """The digest of the key that a site shows to whoever trusts this authority alone."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=SECONDS) as plain:
        with ssl.create_default_context(cafile=ca).wrap_socket(plain, server_hostname=place.hostname) as tls:
            certificate = tls.getpeercert(binary_form=True)
    for step in (["x509", "-inform", "der", "-pubkey", "-noout"], ["pkey", "-pubin", "-outform", "der"]):
        certificate = subprocess.run(["openssl", *step], input=certificate, capture_output=True, check=True).stdout
    return base64.b64encode(hashlib.sha256(certificate).digest()).decode()


@contextlib.contextmanager
def page_of(url, ca, descriptors):
    """A page of this origin, in a browser that accepts its key and no other one."""
    with contextlib.closing(Chromium(f"--ignore-certificate-errors-spki-list={key_of(url, ca)}")) as chromium:
        yield Page(chromium, url, descriptors)
