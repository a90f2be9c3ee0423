// What a page of the site's own origin calls the gateway with (tests/browser.py).
import { answerOf, callOf, throughConnect, webTransports } from "./calls.mjs";

const set = new Uint8Array(await (await fetch("contract.binpb")).arrayBuffer());

export async function ask(peer, ...words) {
  const call = callOf(set, ...words);
  return answerOf(call, await throughConnect(call, webTransports[peer](location.origin)));
}
