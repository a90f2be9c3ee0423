// A foreign client of the gateway: calls one method through somebody else's library and prints what came, as JSON: the
// response, or for a stream the messages, and the error if there was one.
// usage: peer.mjs PEER HTTP-VERSION DESCRIPTOR-SET BASE-URL CA-FILE HEADERS-JSON SERVICE METHOD REQUEST-JSON [TIMEOUT-MS [TAKE]]
// PEER is one of the table below; after TAKE messages a stream is given up. The peers of browsers run on Node's fetch,
// which finds the authority by NODE_EXTRA_CA_CERTS.
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { ConnectError, createClient } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import * as web from "@connectrpc/connect-web";
import grpc from "@grpc/grpc-js";

const [peer, httpVersion, set, baseUrl, caFile, headersJson, serviceName, methodName, request, timeout, take] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(set)));
const service = registry.getService(serviceName);
const method = service.methods.find((candidate) => candidate.name === methodName);
const isStream = method.methodKind === "server_streaming";
const detailType = registry.getMessage("bihuan.v1.ErrorDetail");
const ca = readFileSync(caFile);
const headers = JSON.parse(headersJson);
const timeoutMs = Number(timeout) || undefined;
const last = Number(take) || Infinity;
const messages = [];

function failureOf(reason) {
  const error = ConnectError.from(reason);
  return { code: error.code, message: error.rawMessage, detail: error.findDetails(detailType)[0] };
}

async function throughConnect(transport) {
  const given = new AbortController();
  const answer = createClient(service, transport)[method.localName](input, { headers, timeoutMs, signal: given.signal });
  try {
    if (!isStream) return { response: await answer };
    for await (const message of answer) if (messages.push(message) === last) given.abort();
    return {};
  } catch (reason) {
    return failureOf(reason);
  }
}

// What google.rpc.Status holds; grpc-js hands on its bytes.
function detailOf(error) {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const [any] = bytes ? fromBinary(registry.getMessage("bihuan.v1.GrpcStatus"), bytes).details : [];
  return any && any.typeUrl.endsWith(`/${detailType.typeName}`) ? fromBinary(detailType, any.value) : undefined;
}

function throughGrpcJs() {
  const client = new grpc.Client(new URL(baseUrl).host, grpc.credentials.createSsl(ca));
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const options = timeoutMs ? { deadline: Date.now() + timeoutMs } : {};
  const pack = (message) => Buffer.from(toBinary(method.input, message));
  const unpack = (bytes) => fromBinary(method.output, bytes);
  const path = `/${serviceName}/${methodName}`;
  const failure = (error) => ({ code: error.code, message: error.details, detail: detailOf(error) });
  return new Promise((resolve) => {
    if (!isStream)
      return client.makeUnaryRequest(path, pack, unpack, input, metadata, options, (error, response) =>
        resolve(error ? failure(error) : { response }),
      );
    const call = client.makeServerStreamRequest(path, pack, unpack, input, metadata, options);
    call.on("data", (message) => messages.push(message) === last && call.cancel());
    call.on("error", (error) => resolve(failure(error)));
    call.on("end", () => resolve({}));
  });
}

const nodeOptions = { ca };
const peers = {
  "connect-json": () => throughConnect(createConnectTransport({ baseUrl, httpVersion, nodeOptions })),
  "connect-binary": () => throughConnect(createConnectTransport({ baseUrl, httpVersion, nodeOptions, useBinaryFormat: true })),
  "connect-grpc": () => throughConnect(createGrpcTransport({ baseUrl, httpVersion, nodeOptions })),
  "connect-grpc-web": () => throughConnect(createGrpcWebTransport({ baseUrl, httpVersion, nodeOptions })),
  "web-json": () => throughConnect(web.createConnectTransport({ baseUrl })),
  "web-binary": () => throughConnect(web.createConnectTransport({ baseUrl, useBinaryFormat: true })),
  "web-grpc-web": () => throughConnect(web.createGrpcWebTransport({ baseUrl })),
  "grpc-js": throughGrpcJs,
};
const input = fromJson(method.input, JSON.parse(request));
const { response, code, message, detail } = await peers[peer]();
const failure = { code: code && codeToString(code), message, detail: detail && toJson(detailType, detail) };
const answer = response ? { response: toJson(method.output, response) } : failure;
console.log(JSON.stringify({ ...answer, messages: messages.map((one) => toJson(method.output, one)) }));
process.exit(0);
