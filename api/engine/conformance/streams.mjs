// Follows subscriptions, and sends queries and mutations, with the reference clients graphql-sse and graphql-ws:
// node streams.mjs http://127.0.0.1:8080/graphql < operations.json
// The operations are those of conformance.Streams. Writes the problems found as a JSON list of strings.
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { createClient as createEventClient } from "graphql-sse";
import { createClient as createSocketClient } from "graphql-ws";
import WebSocket from "ws";

const url = process.argv[2];
const operations = JSON.parse(readFileSync(0, "utf8"));
const problems = [];

const clients = {
  "graphql-sse": (token, { at = url, ...more } = {}) => createEventClient({
    url: at, retryAttempts: 0, headers: token ? { authorization: `Bearer ${token}` } : {}, ...more,
  }),
  "graphql-ws": (token, { at = url, ...more } = {}) => createSocketClient({
    url: at.replace("http", "ws"), webSocketImpl: WebSocket, retryAttempts: 0,
    connectionParams: token ? { authorization: `Bearer ${token}` } : undefined, ...more,
  }),
};

/** Runs one operation to its end, or until it has led to `most` results, and tells what came. */
function run(client, query, most = Infinity) {
  return new Promise((resolve) => {
    const results = [];
    const cancel = client.subscribe({ query }, {
      next(result) {
        if (results.length < most) results.push(result); // what came with the last one is given even after cancel()
        if (results.length === most) cancel();
      },
      error: (error) => resolve({ results, error }),
      complete: () => resolve({ results }),
    });
  });
}

function check(what, got, want) {
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(got)), want)) problems.push(`${what}: ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

const codes = (errors) => (Array.isArray(errors) ? errors.map((error) => error.extensions.code) : [String(errors)]);

/** What an operation led to, in the same words for both clients: graphql-ws throws errors that graphql-sse gives as a result. */
function told({ results, error }) {
  return results.map((result) => result.data ?? codes(result.errors)).concat(error ? [codes(error)] : []);
}

for (const [name, connect] of Object.entries(clients)) {
  const client = connect(operations.token);
  for (const { query, results, most } of operations.plain) {
    check(`${name}: ${query}`, told(await run(client, query, most)), results);
  }
  // Many at once, each cancelled while it waits.
  const many = await Promise.all(Array.from({ length: 10 }, () => run(client, operations.endless.query, 1)));
  for (const one of many) check(`${name}: many at once`, told(one), operations.endless.results);
  const iterated = [];
  for await (const result of client.iterate({ query: operations.plain[0].query })) iterated.push(result.data);
  check(`${name}: by iteration`, iterated, operations.plain[0].results);
  client.dispose();

  const stranger = connect("not the token");
  const { error } = await run(stranger, operations.plain[0].query);
  const refused = name === "graphql-ws" ? error?.code : error?.response?.status;
  check(`${name}: a stranger`, refused, name === "graphql-ws" ? 4403 : 401);
  stranger.dispose();
}

// A client that is not lazy connects at once, and keeps the connection alive with pings of its own.
await new Promise((resolve) => {
  let pongs = 0;
  const client = clients["graphql-ws"](operations.token, {
    lazy: false, keepAlive: 10, onNonLazyError: (error) => { problems.push(`not lazy: ${error}`); resolve(); },
    on: { pong: () => { if (++pongs === 3) { client.dispose(); } }, closed: resolve },
  });
});

// A connection that is cut is opened again, and what was followed is followed on.
for (const [name, connect] of Object.entries(clients)) {
  const client = connect(operations.token, { at: operations.cutting, retryAttempts: 3, retryWait: async () => {}, retry: async () => {}, shouldRetry: () => true });
  const first = run(client, operations.endless.query, 3);
  check(`${name}: opened again`, told(await first), [0, 0, 0].flatMap(() => operations.endless.results));
  client.dispose();
}
process.stdout.write(JSON.stringify(problems));
