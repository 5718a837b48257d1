// An independent OAuth server (oidc-provider) that knows one client: ours, by the address of our public keys.
// It is told everything by one line of JSON on standard input, and writes its port when it is ready.
import { createServer } from "node:http";
import { createInterface } from "node:readline";

import Provider from "oidc-provider";

const line = await new Promise((resolve) => createInterface({ input: process.stdin }).once("line", resolve));
const told = JSON.parse(line);

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [
      {
        client_id: told.client_id,
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: "private_key_jwt",
        token_endpoint_auth_signing_alg: "RS384",
        jwks_uri: told.jwks_uri,
        scope: told.scope,
      },
    ],
    scopes: [told.scope],
    clientAuthMethods: ["private_key_jwt"],
    enabledJWA: { clientAuthSigningAlgValues: ["RS384"] },
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    // Its own guard against private addresses would refuse loopback, where our keys are in this test.
    fetch: (url, options) => fetch(url, { headers: options.headers, signal: options.signal }),
    ttl: { ClientCredentials: 300 },
  });
  server.on("request", provider.callback());
  process.stdout.write(`${port}\n`);
});
// Ends with whoever started it.
process.stdin.on("end", () => process.exit(0));
