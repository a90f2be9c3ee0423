// A foreign client of the gateway: calls one method through somebody else's library and prints what came, as JSON: the
// response, or for a stream the messages, and the error if there was one.
// usage: peer.mjs PEER HTTP-VERSION DESCRIPTOR-SET BASE-URL CA-FILE HEADERS-JSON SERVICE METHOD REQUEST-JSON [TIMEOUT-MS [TAKE]]
// PEER is one of the table below; after TAKE messages a stream is given up. The peers of browsers run on Node's fetch,
// which finds the authority by NODE_EXTRA_CA_CERTS.
import { readFileSync } from "node:fs";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import grpc from "@grpc/grpc-js";
import { answerOf, callOf, throughConnect, webTransports } from "./calls.mjs";

const [peer, httpVersion, set, baseUrl, caFile, headersJson, serviceName, ...words] = process.argv.slice(2);
const ca = readFileSync(caFile);

// What google.rpc.Status holds; grpc-js hands on its bytes.
function detailOf({ registry, detailType }, error) {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const [any] = bytes ? fromBinary(registry.getMessage("bihuan.v1.GrpcStatus"), bytes).details : [];
  return any && any.typeUrl.endsWith(`/${detailType.typeName}`) ? fromBinary(detailType, any.value) : undefined;
}

function throughGrpcJs(call) {
  const { method, input, headers, timeoutMs, messages, last } = call;
  const client = new grpc.Client(new URL(baseUrl).host, grpc.credentials.createSsl(ca));
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const options = timeoutMs ? { deadline: Date.now() + timeoutMs } : {};
  const pack = (message) => Buffer.from(toBinary(method.input, message));
  const unpack = (bytes) => fromBinary(method.output, bytes);
  const path = `/${serviceName}/${method.name}`;
  const failure = (error) => ({ code: error.code, message: error.details, detail: detailOf(call, error) });
  return new Promise((resolve) => {
    if (!call.isStream)
      return client.makeUnaryRequest(path, pack, unpack, input, metadata, options, (error, response) =>
        resolve(error ? failure(error) : { response }),
      );
    const stream = client.makeServerStreamRequest(path, pack, unpack, input, metadata, options);
    stream.on("data", (message) => messages.push(message) === last && stream.cancel());
    stream.on("error", (error) => resolve(failure(error)));
    stream.on("end", () => resolve({}));
  });
}

const nodeOptions = { ca };
const nodeTransports = {
  "connect-json": () => createConnectTransport({ baseUrl, httpVersion, nodeOptions }),
  "connect-binary": () => createConnectTransport({ baseUrl, httpVersion, nodeOptions, useBinaryFormat: true }),
  "connect-grpc": () => createGrpcTransport({ baseUrl, httpVersion, nodeOptions }),
  "connect-grpc-web": () => createGrpcWebTransport({ baseUrl, httpVersion, nodeOptions }),
};
const transports = { ...nodeTransports, ...webTransports };
const call = callOf(readFileSync(set), headersJson, serviceName, ...words);
console.log(answerOf(call, await (peer === "grpc-js" ? throughGrpcJs(call) : throughConnect(call, transports[peer](baseUrl)))));
process.exit(0);
