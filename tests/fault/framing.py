"""Where messages end: readers that cut a stream into messages as it arrives. A message is its kind and its bytes; what is
not whole yet is kept. The two readers of a connection share `said`: what its client has said last."""


class Said:
    """What the client of one connection said last."""

    def __init__(self):
        self.statement, self.asked = "", False


class Reader:
    """Bytes in, whole messages out."""

    def __init__(self, is_client, said):
        self.is_client, self.said, self.rest = is_client, said, b""

    def feed(self, data):
        self.rest += data
        while (size := self.size()) and size <= len(self.rest):
            raw, self.rest = self.rest[:size], self.rest[size:]
            yield self.kind(raw), raw

    def number(self, first, count):
        """The big-endian number there; None as long as it is not whole."""
        return int.from_bytes(self.rest[first:first + count], "big") if len(self.rest) >= first + count else None


class Tcp(Reader):
    """What arrived together."""

    def size(self):
        return len(self.rest)

    def kind(self, _raw):
        return "bytes"


class Tls(Reader):
    """Records; the first one with data after a question is an `answer`."""
    NAMES = {20: "change", 21: "alert", 22: "handshake", 23: "data"}

    def size(self):
        length = self.number(3, 2)
        return 0 if length is None else 5 + length

    def kind(self, raw):
        name = self.NAMES.get(raw[0], "unknown")
        if name != "data":
            return name
        is_answer = not self.is_client and self.said.asked
        self.said.asked = self.is_client
        return "answer" if is_answer else name


class Zmtp(Reader):
    """The greeting, in the pieces in which it arrives because both sides wait for the other's; then frames by their name:
    HELLO, WELCOME, INITIATE, READY, ERROR of the handshake, MESSAGE with CURVE."""
    GREETING, LONG = 64, 2

    def __init__(self, is_client, said):
        super().__init__(is_client, said)
        self.greeting_left = self.GREETING

    def size(self):
        if self.greeting_left:
            return min(len(self.rest), self.greeting_left)
        head = 9 if self.rest and self.rest[0] & self.LONG else 2
        length = self.number(1, head - 1)
        return 0 if length is None else head + length

    def kind(self, raw):
        if self.greeting_left:
            self.greeting_left -= len(raw)
            return "greeting"
        body = raw[9 if raw[0] & self.LONG else 2:]
        name = body[1:1 + body[0]] if body else b""
        return name.decode("ascii", "replace")


class Postgres(Reader):
    """Messages of protocol 3.0 without TLS. Those that belong to a statement are called after it, as in `Sync move`."""
    CLIENT = {"P": "Parse", "B": "Bind", "D": "Describe", "E": "Execute", "S": "Sync", "Q": "Query", "X": "Terminate", "p": "Password"}
    SERVER = {"R": "Authentication", "1": "ParseComplete", "2": "BindComplete", "T": "RowDescription", "D": "DataRow",
              "C": "CommandComplete", "E": "ErrorResponse", "Z": "ReadyForQuery", "N": "NoticeResponse"}

    def __init__(self, is_client, said):
        super().__init__(is_client, said)
        self.started = not is_client

    def size(self):
        length = self.number(self.started, 4)
        return 0 if length is None else self.started + length

    def kind(self, raw):
        if not self.started:
            self.started = True
            return "Startup"
        letter = chr(raw[0])
        name = (self.CLIENT if self.is_client else self.SERVER).get(letter, letter)
        if name == "Bind":
            self.said.statement = raw[5:].split(b"\0")[1].decode()
        if name in ("Query", "Parse"):
            self.said.statement = ""
        return f"{name} {self.said.statement}".strip()


PROTOCOLS = {"tcp": Tcp, "tls": Tls, "zmtp": Zmtp, "postgres": Postgres}


def readers(protocol):
    """The reader of what the client sends, and of what the server sends."""
    said = Said()
    return PROTOCOLS[protocol](True, said), PROTOCOLS[protocol](False, said)
