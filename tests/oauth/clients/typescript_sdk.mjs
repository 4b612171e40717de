// The official TypeScript SDK, which knows the MCP URL and no more.
import { MCP_URL, REDIRECT_URI, browse, check, finish, library, refusal, same } from "./talk.mjs";

const { UnauthorizedError, auth } = await library("@modelcontextprotocol/sdk/client/auth.js");
const { Client } = await library("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = await library(
  "@modelcontextprotocol/sdk/client/streamableHttp.js",
);

// Keeps in memory what an app keeps, under the names that the SDK asks for.
class Kept {
  redirectUrl = REDIRECT_URI;
  clientMetadata = {
    client_name: "TypeScript App",
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: "none",
  };
  #client;
  #tokens;
  #verifier;

  clientInformation = () => this.#client;
  saveClientInformation = (client) => void (this.#client = client);
  tokens = () => this.#tokens;
  saveTokens = (tokens) => void (this.#tokens = tokens);
  codeVerifier = () => this.#verifier;
  saveCodeVerifier = (verifier) => void (this.#verifier = verifier);
  invalidateCredentials = (scope) => {
    this.#tokens = undefined;
    if (scope === "all") this.#client = undefined;
  };
  redirectToAuthorization = (address) => void (this.address = address);

  async authorized() {
    return (await browse(this.address)).searchParams.get("code");
  }
}

const kept = new Kept();

await check("connecting by the URL alone, after a 401", async () => {
  const transport = new StreamableHTTPClientTransport(MCP_URL, { authProvider: kept });
  const error = await refusal(() => newClient().connect(transport));
  same(error instanceof UnauthorizedError, true);
  await transport.finishAuth(await kept.authorized());
});
const client = await check("the tools", async () => {
  const connected = await connect();
  const { tools } = await connected.listTools();
  same(tools.some(({ name }) => name === "add_tags"), true);
  return connected;
});
await check("a call that reads and one that writes", async () => {
  const found = await call("search_tickets", {});
  const done = await call("add_tags", { ticket_id: found.tickets[0].code, tags: ["by an app"] });
  same(done.tags.includes("by an app"), true);
});
await check("a refresh", async () => {
  const before = kept.tokens();
  same(await auth(kept, { serverUrl: MCP_URL }), "AUTHORIZED");
  const after = kept.tokens();
  for (const token of ["access_token", "refresh_token"])
    same(after[token] === before[token], false);
  await call("search_tickets", {});
});
await check("auth() by itself, which registers and redeems", async () => {
  const fresh = new Kept();
  same(await auth(fresh, { serverUrl: MCP_URL }), "REDIRECT");
  const authorizationCode = await fresh.authorized();
  same(await auth(fresh, { serverUrl: MCP_URL, authorizationCode }), "AUTHORIZED");
  same(fresh.tokens().scope, "tickets:read tickets:write");
});
await check("auth() with a document in place of a registration", async () => {
  const published = new Kept();
  published.clientMetadataUrl = "https://app.example/oauth/client.json";
  same(await auth(published, { serverUrl: MCP_URL }), "REDIRECT");
  const authorizationCode = await published.authorized();
  same(await auth(published, { serverUrl: MCP_URL, authorizationCode }), "AUTHORIZED");
  same(published.clientInformation().client_id, published.clientMetadataUrl);
});
await check("a grant that ended: the person is sent anew", async () => {
  const { refresh_token, ...tokens } = kept.tokens();
  kept.saveTokens({ ...tokens, refresh_token: refresh_token.replace(/.{8}$/, "00000000") });
  const before = kept.clientInformation().client_id;
  same(await auth(kept, { serverUrl: MCP_URL }), "REDIRECT");
  same(kept.clientInformation().client_id, before);
  const authorizationCode = await kept.authorized();
  same(await auth(kept, { serverUrl: MCP_URL, authorizationCode }), "AUTHORIZED");
});
await check("a registration that is gone: it registers anew", async () => {
  const known = kept.clientInformation();
  kept.saveClientInformation({ ...known, client_id: "dcr_00000000000000000000000000000000" });
  same(await auth(kept, { serverUrl: MCP_URL }), "REDIRECT");
  same(kept.clientInformation().client_id, known.client_id);
});
await client.close();
finish();

function newClient() {
  return new Client({ name: "typescript-app", version: "1.2.3" });
}

async function connect() {
  const connected = newClient();
  await connected.connect(new StreamableHTTPClientTransport(MCP_URL, { authProvider: kept }));
  return connected;
}

async function call(name, asked) {
  const result = await client.callTool({ name, arguments: asked });
  if (result.isError) throw new Error(result.content[0].text);
  return result.structuredContent;
}
