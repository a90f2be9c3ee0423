// A foreign client of the gateway: calls one method through somebody else's library and prints what came, as JSON.
// usage: peer.mjs PEER HTTP-VERSION DESCRIPTOR-SET BASE-URL CA-FILE TOKEN SERVICE METHOD REQUEST-JSON [TIMEOUT-MS]
// PEER is one of the table below.
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { ConnectError, createClient } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import grpc from "@grpc/grpc-js";

const [peer, httpVersion, set, baseUrl, caFile, token, serviceName, methodName, request, timeoutMs] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(set)));
const service = registry.getService(serviceName);
const method = service.methods.find((candidate) => candidate.name === methodName);
const detailType = registry.getMessage("bihuan.v1.ErrorDetail");
const ca = readFileSync(caFile);
const authorization = `Bearer ${token}`;

async function throughConnectNode(transport) {
  const options = { headers: { authorization }, timeoutMs: timeoutMs ? Number(timeoutMs) : undefined };
  try {
    return { response: await createClient(service, transport)[method.localName](input, options) };
  } catch (reason) {
    const error = ConnectError.from(reason);
    return { code: error.code, message: error.rawMessage, detail: error.findDetails(detailType)[0] };
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
  metadata.set("authorization", authorization);
  const options = timeoutMs ? { deadline: Date.now() + Number(timeoutMs) } : {};
  const pack = (message) => Buffer.from(toBinary(method.input, message));
  const unpack = (bytes) => fromBinary(method.output, bytes);
  return new Promise((resolve) => {
    client.makeUnaryRequest(`/${serviceName}/${methodName}`, pack, unpack, input, metadata, options, (error, response) =>
      resolve(error ? { code: error.code, message: error.details, detail: detailOf(error) } : { response }),
    );
  });
}

const nodeOptions = { ca };
const peers = {
  "connect-json": () => throughConnectNode(createConnectTransport({ baseUrl, httpVersion, nodeOptions })),
  "connect-binary": () => throughConnectNode(createConnectTransport({ baseUrl, httpVersion, nodeOptions, useBinaryFormat: true })),
  "connect-grpc": () => throughConnectNode(createGrpcTransport({ baseUrl, httpVersion, nodeOptions })),
  "connect-grpc-web": () => throughConnectNode(createGrpcWebTransport({ baseUrl, httpVersion, nodeOptions })),
  "grpc-js": throughGrpcJs,
};
const input = fromJson(method.input, JSON.parse(request));
const { response, code, message, detail } = await peers[peer]();
const failure = { code: code && codeToString(code), message, detail: detail && toJson(detailType, detail) };
console.log(JSON.stringify(response ? { response: toJson(method.output, response) } : failure));
process.exit(0);
