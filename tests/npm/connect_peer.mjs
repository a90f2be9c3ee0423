// A generated-style Connect client beside the gateway: calls one method and prints what came, as JSON.
// usage: connect_peer.mjs DESCRIPTOR-SET BASE-URL json|binary 1.1|2 TOKEN SERVICE METHOD REQUEST-JSON [TIMEOUT-MS]
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary, fromJson, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";

const [set, baseUrl, format, httpVersion, token, serviceName, method, request, timeoutMs] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(set)));
const service = registry.getService(serviceName);
const transport = createConnectTransport({
  baseUrl,
  httpVersion,
  useBinaryFormat: format === "binary",
  nodeOptions: { rejectUnauthorized: false },
});
const call = service.method[method];
const options = { headers: { authorization: `Bearer ${token}` }, timeoutMs: timeoutMs ? Number(timeoutMs) : undefined };
try {
  const response = await createClient(service, transport)[method](fromJson(call.input, JSON.parse(request)), options);
  console.log(JSON.stringify({ response: toJson(call.output, response) }));
} catch (reason) {
  const error = ConnectError.from(reason);
  const details = error.findDetails(registry.getMessage("bihuan.v1.ErrorDetail"));
  const detail = details.length ? toJson(registry.getMessage("bihuan.v1.ErrorDetail"), details[0]) : null;
  console.log(JSON.stringify({ code: Code[error.code], message: error.rawMessage, detail }));
}
process.exit(0);
