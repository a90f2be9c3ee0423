// The JSON mapping of @bufbuild/protobuf beside ours: lines "TYPE WIRE-BASE64 JSON" in. Each message is read from the
// wire and from our JSON and must be the same; its own JSON goes out as "TYPE JSON" for our parser.
// usage: json_oracle.mjs DESCRIPTOR-SET
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";
import { createFileRegistry, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(process.argv[2])));

function check(line) {
  const [name, wire, ...rest] = line.split(" ");
  const type = registry.getMessage(name);
  const ours = JSON.parse(rest.join(" "));
  const message = fromBinary(type, Buffer.from(wire, "base64"));
  const fromOurs = toBinary(type, fromJson(type, ours));
  if (!isDeepStrictEqual(toJson(type, fromJson(type, ours)), toJson(type, message)))
    throw new Error(`other content: ${line}`);
  const short = toJson(type, message);
  const full = toJson(type, message, { alwaysEmitImplicit: true });
  if (!isDeepStrictEqual(ours, short) && !isDeepStrictEqual(ours, full))
    throw new Error(`other JSON: ${line}\n${JSON.stringify(short)}`);
  return `${name} ${JSON.stringify(fromOurs.length % 2 ? short : full)}`;
}

for await (const line of createInterface({ input: process.stdin })) console.log(check(line));
