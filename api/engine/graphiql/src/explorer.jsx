// The GraphQL explorer: GraphiQL with its own workers, so that nothing is loaded from another host.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import { createRoot } from "react-dom/client";

const workers = { json: "json.worker.js", graphql: "graphql.worker.js" };

// Monaco would start its workers from a blob, or from a CDN; these are files beside this one.
globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const file = workers[label] ?? "editor.worker.js";
    return new Worker(new URL(file, import.meta.url), { type: "module" });
  },
};

const place = document.getElementById("graphiql");
const fetcher = createGraphiQLFetcher({ url: new URL(place.dataset.endpoint, location.href).href });

createRoot(place).render(
  <GraphiQL fetcher={fetcher} defaultEditorToolsVisibility={false} defaultQuery={place.dataset.query} />,
);
