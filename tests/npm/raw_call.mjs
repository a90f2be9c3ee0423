// One HTTP/2 request as it is, body from the standard input: prints headers, body (base64), trailers and the milliseconds it took as JSON.
// usage: raw_call.mjs BASE-URL HEADERS-JSON <BODY
import { readFileSync } from "node:fs";
import { connect } from "node:http2";

const [url, headers] = process.argv.slice(2);
const session = connect(url);
const call = session.request(JSON.parse(headers));
const plain = (block) => Object.fromEntries(Object.entries(block));
const seen = { headers: {}, trailers: {} };
const pieces = [];
let began = performance.now();
call.on("ready", () => (began = performance.now()));
call.on("response", (block) => (seen.headers = plain(block)));
call.on("trailers", (block) => (seen.trailers = plain(block)));
call.on("data", (piece) => pieces.push(piece));
call.on("error", (reason) => (seen.error = reason.message));
call.on("close", () => {
  console.log(JSON.stringify({ ...seen, ms: performance.now() - began, body: Buffer.concat(pieces).toString("base64") }));
  session.close();
});
call.end(readFileSync(0));
