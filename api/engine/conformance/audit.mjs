// Runs the audits of graphql-http (the reference implementation of GraphQL over HTTP) against a server and writes
// their results as JSON: node audit.mjs http://127.0.0.1:8080/graphql
import { serverAudits } from "graphql-http";

const audits = serverAudits({ url: process.argv[2], fetchFn: fetch });
const results = [];
for (const audit of audits) {
  const result = await audit.fn();
  results.push({ id: audit.id, name: audit.name, status: result.status, reason: result.reason ?? "" });
}
process.stdout.write(JSON.stringify(results));
