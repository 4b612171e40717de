// openid-client, as web applications use it.
import { MCP_URL, REDIRECT_URI, browse, check, finish, library, refusal, same } from "./talk.mjs";

const openid = await library("openid-client");
const plain = { algorithm: "oauth2", execute: [openid.allowInsecureRequests] };
const resource = MCP_URL.href;

const config = await check("discovery and registration", () =>
  openid.dynamicClientRegistration(
    new URL(MCP_URL.origin),
    { client_name: "openid-client", redirect_uris: [REDIRECT_URI] },
    openid.None(),
    plain,
  ),
);
const { client_id: clientId } = config.clientMetadata();
await check("discovery by the known client, as OpenID has it", () =>
  openid.discovery(new URL(MCP_URL.origin), clientId, undefined, openid.None(), {
    ...plain,
    algorithm: "oidc",
  }),
);

const tokens = await check("a code's tokens", async () => {
  const verifier = openid.randomPKCECodeVerifier();
  const state = openid.randomState();
  const landed = await browse(
    openid.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT_URI,
      scope: "tickets:read tickets:write",
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      resource,
    }),
  );
  const checks = { pkceCodeVerifier: verifier, expectedState: state };
  return openid.authorizationCodeGrant(config, landed, checks, { resource });
});
await check("a call", () => works(tokens.access_token));
const refreshed = await check("a refresh", () =>
  openid.refreshTokenGrant(config, tokens.refresh_token, { resource }),
);
await check("a call after the refresh", () => works(refreshed.access_token));
await check("a revocation", async () => {
  await openid.tokenRevocation(config, refreshed.access_token);
  await refusal(() => works(refreshed.access_token));
  const error = await refusal(() => openid.refreshTokenGrant(config, refreshed.refresh_token));
  same(error.error, "invalid_grant");
});
finish();

async function works(token) {
  const headers = new Headers({
    "Content-Type": "application/json",
    Accept: "application/json, text/event-stream",
    "MCP-Protocol-Version": "2025-11-25",
  });
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} });
  const response = await openid.fetchProtectedResource(
    config,
    token,
    MCP_URL,
    "POST",
    body,
    headers,
  );
  same(response.status, 200);
  await response.body.cancel();
}
