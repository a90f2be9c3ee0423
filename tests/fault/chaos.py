"""chaos.py JOURNAL SEED: a proxy between the two ends of TCP and Unix connections that harms what it passes on.

It is told what to do by lines of JSON on standard input and answers each with a line; see Proxy. A link listens at one end
and dials the other. A rule of a link says what happens to which of its messages; what was done stands in the journal.
The same seed throws the same dice for the same connections.
"""
import asyncio
import json
import os
import random
import re
import signal
import sys
import time

import uvloop
from framing import readers

LANES = ("up", "down")  # from the client to the server, and back


class Rule:
    """`act` on messages of a lane whose kind matches: from the nth on, so many times (0: always), by chance."""

    def __init__(self, lane, kind, act, nth=1, times=1, chance=1.0, amount=0):
        self.lane, self.kind, self.act, self.amount = lane, re.compile(kind), getattr(Connection, "act_" + act), amount
        self.name, self.nth, self.times, self.chance, self.seen, self.done = act, nth, times, chance, 0, 0

    def takes(self, lane, kind, dice):
        if lane != self.lane or (self.times and self.done >= self.times) or not self.kind.fullmatch(kind):
            return False
        self.seen += 1
        if self.seen < self.nth or dice.random() >= self.chance:
            return False
        self.done += 1
        return True


class Connection:
    """One connection through a link: two streams and what is done to them."""

    def __init__(self, link, number, client, server):
        self.link, self.number, self.held = link, number, {lane: b"" for lane in LANES}
        self.passed = {lane: b"" for lane in LANES}  # not written yet: what came together goes on together
        self.dice = random.Random(f"{link.proxy.seed} {link.name} {number}")
        self.ends = {"up": (client[0], server[1]), "down": (server[0], client[1])}  # where a lane reads and writes
        self.framing = dict(zip(LANES, readers(link.protocol)))
        self.tasks = []

    async def run(self):
        self.tasks = [asyncio.ensure_future(self.pump(lane)) for lane in LANES]
        try:
            await asyncio.wait(self.tasks)
        finally:
            self.cut()

    async def pump(self, lane):
        source, target = self.ends[lane]
        try:
            while data := await source.read(65536):
                await self.link.gates[lane].wait()
                for kind, raw in self.framing[lane].feed(data):
                    await self.pass_on(lane, kind, raw)
                self.write(lane)
                await target.drain()
            self.send(lane, self.framing[lane].rest)
            self.write(lane)
            target.write_eof()
        except OSError:
            self.cut()

    async def pass_on(self, lane, kind, raw):
        for rule in self.link.rules:
            if rule.takes(lane, kind, self.dice):
                self.link.proxy.note(link=self.link.name, connection=self.number, lane=lane, kind=kind, act=rule.name)
                await self.flush(lane)  # what came before it is through
                await rule.act(self, lane, raw, rule.amount)
                return
        self.send(lane, raw)

    def send(self, lane, raw):
        self.passed[lane] += raw + self.held[lane]
        self.held[lane] = b""

    def write(self, lane):
        if self.passed[lane]:
            self.ends[lane][1].write(self.passed[lane])
        self.passed[lane] = b""

    async def flush(self, lane):
        self.write(lane)
        while self.ends[lane][1].transport.get_write_buffer_size():
            await asyncio.sleep(0.001)

    def cut(self):
        """Both sides see the end at once; nothing more is passed on."""
        for _, target in self.ends.values():
            target.transport.abort()
        for task in self.tasks:
            task.cancel()

    async def act_delay(self, lane, raw, milliseconds):
        await asyncio.sleep(milliseconds / 1000)
        self.send(lane, raw)

    async def act_narrow(self, lane, raw, bits):
        """So many bits a second."""
        await asyncio.sleep(8 * len(raw) / bits)
        self.send(lane, raw)

    async def act_cut(self, _lane, _raw, _amount):
        self.cut()
        await asyncio.sleep(0)  # where this lane learns that it is cancelled

    async def act_cut_inside(self, lane, raw, size):
        """When so many bytes of the message have been passed on."""
        self.send(lane, raw[:size])
        await self.flush(lane)
        await self.act_cut(lane, raw, 0)

    async def act_cut_after(self, lane, raw, _amount):
        await self.act_cut_inside(lane, raw, len(raw))

    async def act_kill(self, lane, raw, pid):
        os.kill(pid, signal.SIGKILL)
        self.send(lane, raw)

    async def act_kill_after(self, lane, raw, pid):
        self.send(lane, raw)
        await self.flush(lane)
        os.kill(pid, signal.SIGKILL)

    async def act_duplicate(self, lane, raw, _amount):
        self.send(lane, raw + raw)

    async def act_swap(self, lane, raw, _amount):
        self.held[lane] = raw

    async def act_corrupt(self, lane, raw, head):
        """One bit, behind so many bytes of head."""
        place = self.dice.randrange(min(head, len(raw) - 1), len(raw))
        self.send(lane, raw[:place] + bytes([raw[place] ^ 1 << self.dice.randrange(8)]) + raw[place + 1:])

    async def act_drop(self, _lane, _raw, _amount):
        pass

    async def act_stall(self, lane, _raw, _amount):
        """Half open: nothing passes either way from now on, and nobody is told."""
        other = self.tasks[1 - LANES.index(lane)]
        other.cancel()
        await asyncio.Event().wait()


class Link:
    """Listens at one end; every connection is dialled on to the other."""

    def __init__(self, proxy, name, protocol, target):
        self.proxy, self.name, self.protocol, self.target = proxy, name, protocol, target
        self.rules, self.connections, self.count = [], set(), 0
        self.gates = {lane: asyncio.Event() for lane in LANES}
        self.release()

    def release(self):
        for gate in self.gates.values():
            gate.set()

    async def listen(self, source):
        if isinstance(source, str):
            self.server = await asyncio.start_unix_server(self.accept, source)
            os.chmod(source, 0o777)
            return 0
        self.server = await asyncio.start_server(self.accept, *source)
        return self.server.sockets[0].getsockname()[1]

    async def dial(self):
        if isinstance(self.target, str):
            return await asyncio.open_unix_connection(self.target)
        return await asyncio.open_connection(*self.target)

    async def accept(self, reader, writer):
        self.count += 1
        number = self.count
        try:
            await self.gates["up"].wait()
            server = await self.dial()
        except OSError:
            writer.transport.abort()
            return
        connection = Connection(self, number, (reader, writer), server)
        self.connections.add(connection)
        await connection.run()
        self.connections.discard(connection)


class Proxy:
    """What a line of standard input may ask for: {"do": name, ...}; the answer is what the function returns."""

    def __init__(self, journal, seed):
        self.journal, self.seed, self.links = open(journal, "a", buffering=1, encoding="utf-8"), seed, {}

    def note(self, **act):
        self.journal.write(json.dumps({"ms": int(time.time() * 1000), **act}) + "\n")

    async def listen(self, link, protocol, source, target):
        """A path or [host, port] each; port 0 is chosen. Returns the port."""
        self.links[link] = Link(self, link, protocol, target)
        return await self.links[link].listen(source)

    async def rule(self, link, **rule):
        """Adds a rule (see Rule); the first that takes a message is the one that acts."""
        self.links[link].rules.append(Rule(**rule))

    async def clear(self, link):
        """Takes all rules of a link away. Returns how often each acted."""
        rules, self.links[link].rules = self.links[link].rules, []
        return [rule.done for rule in rules]

    async def acted(self, link):
        """How often each rule of a link acted so far."""
        return [rule.done for rule in self.links[link].rules]

    async def hold(self, link, lanes=LANES):
        """A partition: nothing passes, nobody is told, until release."""
        self.note(link=link, act="hold " + " ".join(lanes))
        for lane in lanes:
            self.links[link].gates[lane].clear()

    async def release(self, link):
        self.note(link=link, act="release")
        self.links[link].release()

    async def cut(self, link):
        """Ends every connection of a link. Returns how many there were."""
        self.note(link=link, act="cut")
        connections = list(self.links[link].connections)
        for connection in connections:
            connection.cut()
        return len(connections)


async def main(journal, seed):
    proxy, loop = Proxy(journal, seed), asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        order = json.loads(line)
        print(json.dumps(await getattr(proxy, order.pop("do"))(**order)), flush=True)
    os._exit(0)  # connections that are still open need no farewell


if __name__ == "__main__":
    uvloop.install()  # the machine is shared with those whose messages these are
    asyncio.run(main(sys.argv[1], sys.argv[2]))
