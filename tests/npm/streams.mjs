// Many streams at the same time, a hundred on each HTTP/2 connection: prints "open" when each has had its first bytes,
// and at the end of all of them how each ended (headers, trailers, last bytes as text) as JSON. A line on the standard
// input ends them from this side.
// usage: streams.mjs BASE-URL PATH HEADERS-JSON BODY-BASE64 COUNT [deaf: reads its first bytes and no more]
import { connect } from "node:http2";
import { createInterface } from "node:readline";

const [url, path, headers, body, count, deaf] = process.argv.slice(2);
const PER_CONNECTION = 100;
const AT_ONCE = 10;
const TAIL = 4000;
const sessions = [];
const ends = [];
const all = [];

// Returns when the stream has had its first bytes, or has ended.
function open(session) {
  let ended;
  all.push(new Promise((resolve) => (ended = resolve)));
  return new Promise((resolve) => {
    const call = session.request({ ":method": "POST", ":path": path, ...JSON.parse(headers) });
    const seen = { headers: {}, trailers: {}, bytes: 0, tail: "" };
    call.on("response", (block) => (seen.headers = { ...block }));
    call.on("trailers", (block) => (seen.trailers = { ...block }));
    call.on("data", (piece) => {
      resolve();
      seen.bytes += piece.length;
      seen.tail = (seen.tail + piece.toString()).slice(-TAIL);
      if (deaf) call.pause();
    });
    call.on("error", () => {});
    call.on("close", () => {
      ended(ends.push({ ...seen, code: call.rstCode }));
      resolve();
    });
    call.end(Buffer.from(body, "base64"));
  });
}

function connected() {
  sessions.push(connect(url));
  sessions.at(-1).on("error", () => {});
}

for (let i = 0; i < Number(count); i += AT_ONCE) {
  if (i % PER_CONNECTION === 0) connected();
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - i) }, () => open(sessions.at(-1))));
}
console.log("open");
const leave = () => sessions.forEach((session) => session.destroy());
createInterface({ input: process.stdin }).on("line", leave);
await Promise.all(all);
console.log(JSON.stringify(ends));
leave();
process.exit(0);
