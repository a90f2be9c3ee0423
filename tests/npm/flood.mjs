// Many calls at the same time on one HTTP/2 connection: prints for each status how often it came, and headers and body
// of the last such answer, as JSON.
// usage: flood.mjs BASE-URL PATH HEADERS-JSON BODY COUNT
import { connect } from "node:http2";

const [url, path, headers, body, count] = process.argv.slice(2);
const session = connect(url);
const answers = {};
const sent = { ":method": "POST", ":path": path, "connect-timeout-ms": "2500", ...JSON.parse(headers) };

function once() {
  return new Promise((resolve) => {
    const call = session.request(sent);
    const pieces = [];
    let head = {};
    call.on("response", (block) => (head = { ...block }));
    call.on("data", (piece) => pieces.push(piece));
    call.on("close", () => {
      const status = head[":status"] ?? 0;
      const before = answers[status]?.count ?? 0;
      answers[status] = { count: before + 1, headers: head, body: Buffer.concat(pieces).toString() };
      resolve();
    });
    call.on("error", () => {});
    call.end(body);
  });
}

await Promise.all(Array.from({ length: Number(count) }, once));
console.log(JSON.stringify(answers));
session.close();
