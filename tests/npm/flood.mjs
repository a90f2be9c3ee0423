// Many calls at the same time on one HTTP/2 connection: prints how often each status came, as JSON.
// usage: flood.mjs BASE-URL PATH TOKEN BODY COUNT
import { connect } from "node:http2";

const [url, path, token, body, count] = process.argv.slice(2);
const session = connect(url);
const counts = {};
const headers = {
  ":method": "POST",
  ":path": path,
  authorization: `Bearer ${token}`,
  "content-type": "application/json",
  "connect-timeout-ms": "2500",
};

function once() {
  return new Promise((resolve) => {
    const call = session.request(headers);
    call.on("response", (answer) => (counts[answer[":status"]] = (counts[answer[":status"]] ?? 0) + 1));
    call.on("close", resolve);
    call.on("error", () => {});
    call.resume();
    call.end(body);
  });
}

await Promise.all(Array.from({ length: Number(count) }, once));
console.log(JSON.stringify(counts));
session.close();
