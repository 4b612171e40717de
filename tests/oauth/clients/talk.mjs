// What the clients here share: the library as it was installed, and the person at her browser.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [, , home, url, host] = process.argv;
const { resolve } = createRequire(`${home}/package.json`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (line) => console.log(JSON.stringify(line));

// The MCP URL, which is all that a client knows.
export const MCP_URL = new URL(url);
// Where a client's document is fetched from though it is plain http, as the tests' setting allows.
export const DOCUMENT = new URL(`http://${host}/client.json`);
// Nothing listens there: whoever plays the browser tells where it was sent.
export const REDIRECT_URI = "http://127.0.0.1:52311/callback";

export const library = (name) => import(pathToFileURL(resolve(name)));

// Sends the person somewhere; she approves unless told otherwise. Returns where she was sent back.
export async function browse(address, choice = "approve") {
  say({ open: String(address), choice });
  return new URL((await lines.next()).value);
}

// Does a part of the work, and tells that it went well.
export async function check(what, work) {
  try {
    const result = await work();
    say({ passed: what });
    return result;
  } catch (error) {
    throw new Error(what, { cause: error });
  }
}

// Does what must be refused, and returns the refusal.
export async function refusal(work) {
  let result;
  try {
    result = await work();
  } catch (error) {
    return error;
  }
  throw new Error(`not refused: ${JSON.stringify(result)}`);
}

export function same(found, expected) {
  const [a, b] = [found, expected].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${a} instead of ${b}`);
}

export const finish = () => process.stdin.destroy();
