// One call of the contract through Connect's libraries, and what came, as JSON. Runs in Node and in a browser.
import { createFileRegistry, fromBinary, fromJson, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { ConnectError, createClient } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";

// What browsers speak.
export const webTransports = {
  "web-json": (baseUrl) => createConnectTransport({ baseUrl }),
  "web-binary": (baseUrl) => createConnectTransport({ baseUrl, useBinaryFormat: true }),
  "web-grpc-web": (baseUrl) => createGrpcWebTransport({ baseUrl }),
};

// A call of a method of the descriptor set; after TAKE messages a stream is given up.
export function callOf(set, headersJson, serviceName, methodName, request, timeout, take) {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, set));
  const service = registry.getService(serviceName);
  const method = service.methods.find((candidate) => candidate.name === methodName);
  return {
    registry,
    service,
    method,
    isStream: method.methodKind === "server_streaming",
    detailType: registry.getMessage("bihuan.v1.ErrorDetail"),
    headers: JSON.parse(headersJson),
    input: fromJson(method.input, JSON.parse(request)),
    timeoutMs: Number(timeout) || undefined,
    last: Number(take) || Infinity,
    messages: [],
  };
}

function failureOf(call, reason) {
  const error = ConnectError.from(reason);
  return { code: error.code, message: error.rawMessage, detail: error.findDetails(call.detailType)[0] };
}

export async function throughConnect(call, transport) {
  const { service, method, input, headers, timeoutMs, messages, last } = call;
  const given = new AbortController();
  const answer = createClient(service, transport)[method.localName](input, { headers, timeoutMs, signal: given.signal });
  try {
    if (!call.isStream) return { response: await answer };
    for await (const message of answer) if (messages.push(message) === last) given.abort();
    return {};
  } catch (reason) {
    return failureOf(call, reason);
  }
}

// The response, or for a stream the messages, and the error if there was one.
export function answerOf({ method, detailType, messages }, { response, code, message, detail }) {
  const failure = { code: code && codeToString(code), message, detail: detail && toJson(detailType, detail) };
  const answer = response ? { response: toJson(method.output, response) } : failure;
  return JSON.stringify({ ...answer, messages: messages.map((one) => toJson(method.output, one)) });
}
