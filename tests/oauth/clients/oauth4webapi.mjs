// oauth4webapi, which checks strictly what it is answered.
import { once } from "node:events";
import { createServer } from "node:http";

import {
  DOCUMENT,
  MCP_URL,
  REDIRECT_URI,
  browse,
  check,
  finish,
  library,
  refusal,
  same,
} from "./talk.mjs";

const oauth = await library("oauth4webapi");
const plain = { [oauth.allowInsecureRequests]: true };
const scope = "tickets:read tickets:write";

const resource = await check("the resource's metadata", async () =>
  oauth.processResourceDiscoveryResponse(
    MCP_URL,
    await oauth.resourceDiscoveryRequest(MCP_URL, plain),
  ),
);
const issuer = new URL(resource.authorization_servers[0]);
const [server] = await Promise.all(
  ["oauth2", "oidc"].map((algorithm) =>
    check(`the server's metadata by ${algorithm}`, async () =>
      oauth.processDiscoveryResponse(
        issuer,
        await oauth.discoveryRequest(issuer, { ...plain, algorithm }),
      ),
    ),
  ),
);

await check("a challenge for a token that is none", async () => {
  const [{ scheme, parameters }] = (await refusal(() => call("junk"))).cause;
  same([scheme, parameters.error, parameters.scope], ["bearer", "invalid_token", scope]);
  same(new URL(parameters.resource_metadata).origin, MCP_URL.origin);
});

const none = await register("none");
const basic = await register("client_secret_basic");
const post = await register("client_secret_post");
const site = await publish({
  client_id: DOCUMENT.href,
  client_name: "oauth4webapi with a document",
  redirect_uris: [REDIRECT_URI],
  token_endpoint_auth_method: "none",
});
const ways = {
  document: [{ client_id: DOCUMENT.href }, oauth.None()],
  none: [none, oauth.None()],
  client_secret_basic: [basic, oauth.ClientSecretBasic(basic.client_secret)],
  client_secret_post: [post, oauth.ClientSecretPost(post.client_secret)],
};

for (const [method, [client, authentication]] of Object.entries(ways)) {
  const tokens = await check(`a code's tokens by ${method}`, async () =>
    redeem(client, authentication, await authorize(client)),
  );
  await check(`a call by ${method}`, () => works(tokens.access_token));
  const refreshed = await check(`a refresh by ${method}`, () =>
    refresh(client, authentication, tokens.refresh_token),
  );
  await check(`a call after the refresh by ${method}`, () => works(refreshed.access_token));
  await check(`a revocation by ${method}`, async () => {
    const revoked = await oauth.revocationRequest(
      server,
      client,
      authentication,
      refreshed.refresh_token,
      plain,
    );
    await oauth.processRevocationResponse(revoked);
    const [{ parameters }] = (await refusal(() => call(refreshed.access_token))).cause;
    same(parameters.error, "invalid_token");
    await refused("invalid_grant", () => refresh(client, authentication, refreshed.refresh_token));
  });
}

await check("a code that comes twice", async () => {
  const authorized = await authorize(none);
  const { access_token } = await redeem(none, oauth.None(), authorized);
  await refused("invalid_grant", () => redeem(none, oauth.None(), authorized));
  await refusal(() => call(access_token));
});
await check("another redirect URI than the code's", async () => {
  const authorized = await authorize(none);
  const elsewhere = { ...authorized, redirectUri: REDIRECT_URI.replace("callback", "other") };
  await refused("invalid_grant", () => redeem(none, oauth.None(), elsewhere));
});
await check("another verifier than the code's", async () => {
  const authorized = await authorize(none);
  const guessed = { ...authorized, verifier: oauth.generateRandomCodeVerifier() };
  await refused("invalid_grant", () => redeem(none, oauth.None(), guessed));
});
await check("another client's code", async () => {
  const authorized = await authorize(none);
  await refused("invalid_grant", () => redeem(basic, ways.client_secret_basic[1], authorized));
});
for (const method of ["ClientSecretBasic", "ClientSecretPost"]) {
  await check(`a wrong secret by ${method}`, async () => {
    const authorized = await authorize(basic);
    const error = await refusal(() => redeem(basic, oauth[method]("wrong"), authorized));
    same([error.status, error.cause[0].scheme], [401, "basic"]);
  });
}
await check("a refusal to the client, with its issuer", async () => {
  const denied = await refusal(() => authorize(none, { choice: "deny" }));
  same([denied.code, denied.error], ["OAUTH_AUTHORIZATION_RESPONSE_ERROR", "access_denied"]);
});
await check("a resource that is not ours", async () => {
  const elsewhere = { resource: "https://elsewhere.example/mcp" };
  const denied = await refusal(() => authorize(none, { parameters: elsewhere }));
  same([denied.code, denied.error], ["OAUTH_AUTHORIZATION_RESPONSE_ERROR", "invalid_target"]);
});
site.close();
finish();

async function publish(document) {
  const serving = createServer((_, answer) => {
    answer.setHeader("Content-Type", "application/json");
    answer.end(JSON.stringify(document));
  });
  serving.listen(DOCUMENT.port, DOCUMENT.hostname);
  await once(serving, "listening");
  return serving;
}

function register(method) {
  return check(`a registration for ${method}`, async () => {
    const metadata = {
      client_name: `oauth4webapi with ${method}`,
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: method,
    };
    const registered = await oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(server, metadata, plain),
    );
    same(registered.token_endpoint_auth_method, method);
    same("client_secret" in registered, method !== "none");
    return registered;
  });
}

// Goes through the authorization endpoint, and has the library check what comes back.
async function authorize(client, { choice = "approve", parameters = {} } = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const address = new URL(server.authorization_endpoint);
  const asked = {
    response_type: "code",
    client_id: client.client_id,
    redirect_uri: REDIRECT_URI,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    resource: resource.resource,
    prompt: "consent",
    scope,
    state,
    ...parameters,
  };
  address.search = new URLSearchParams(asked);
  const landed = await browse(address, choice);
  same(`${landed.origin}${landed.pathname}`, REDIRECT_URI);
  const callback = oauth.validateAuthResponse(server, client, landed, state);
  return { callback, verifier, redirectUri: REDIRECT_URI };
}

async function redeem(client, authentication, { callback, redirectUri, verifier }) {
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    callback,
    redirectUri,
    verifier,
    { ...plain, additionalParameters: { resource: resource.resource } },
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response);
  same([tokens.token_type, tokens.scope, tokens.expires_in], ["bearer", scope, 3600]);
  return tokens;
}

async function refresh(client, authentication, token) {
  const response = await oauth.refreshTokenGrantRequest(
    server,
    client,
    authentication,
    token,
    plain,
  );
  return oauth.processRefreshTokenResponse(server, client, response);
}

async function refused(code, work) {
  const error = await refusal(work);
  same([error.code, error.error, error.status], ["OAUTH_RESPONSE_BODY_ERROR", code, 400]);
}

function call(token) {
  const headers = new Headers({
    "Content-Type": "application/json",
    Accept: "application/json, text/event-stream",
    "MCP-Protocol-Version": "2025-11-25",
  });
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} });
  return oauth.protectedResourceRequest(token, "POST", MCP_URL, headers, body, plain);
}

async function works(token) {
  const response = await call(token);
  same(response.status, 200);
  await response.body.cancel();
}
