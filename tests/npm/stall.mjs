// Requests whose bodies do not end, many on one HTTP/2 connection: prints "sent" when each has sent what it ever will. The
// end of the standard input ends them.
// usage: stall.mjs BASE-URL METHOD PATH HEADERS-JSON COUNT SIZE
import { connect } from "node:http2";

const [url, method, path, headers, count, size] = process.argv.slice(2);
const session = connect(url);
session.on("error", () => {});

function once() {
  const call = session.request({ ":method": method, ":path": path, ...JSON.parse(headers) });
  call.on("error", () => {});
  call.resume();
  return new Promise((resolve) => call.write(Buffer.alloc(Number(size), " "), resolve));
}

await Promise.all(Array.from({ length: Number(count) }, once));
console.log("sent");
process.stdin.resume().on("end", () => process.exit(0));
