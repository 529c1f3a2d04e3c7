// Bundles GraphiQL into ../dist: `npm run build`. The same lock file gives the same bytes, which a Go test checks.
// With a folder as argument it writes there, uncompressed, for that comparison.
import { build } from "esbuild";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const compareOnly = process.argv[2];
const out = compareOnly ?? join(here, "..", "dist");

const result = await build({
  absWorkingDir: here,
  entryPoints: {
    explorer: "explorer.jsx",
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
  },
  outdir: "out",
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  target: "es2022",
  jsx: "automatic",
  loader: { ".ttf": "file", ".woff2": "file" },
  assetNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "none",
  metafile: true,
  write: false,
  logLevel: "warning",
});

/** The folder of the package that a bundled file belongs to. */
function packageFolder(file) {
  const parts = file.split("/");
  const at = parts.lastIndexOf("node_modules");
  if (at < 0) return undefined;
  const length = parts[at + 1].startsWith("@") ? 2 : 1;
  return parts.slice(0, at + 1 + length).join("/");
}

/** The text of the licence that comes with a package, and its notice if there is one. */
function licenceText(folder) {
  const isLicence = (name) => /^(licen[cs]e|notice|copying|thirdpartynotices)/i.test(name);
  const names = readdirSync(join(here, folder)).filter(isLicence);
  return names.sort().map((name) => readFileSync(join(here, folder, name), "utf8").trim()).join("\n\n");
}

/** The text of a licence for the few packages that name it but leave its text in their repository. */
function standardText(author, license) {
  if (license !== "MIT") throw new Error(`no licence text for a package under ${license}`);
  const holder = typeof author === "string" ? author : author?.name;
  const mit = readFileSync(join(here, "MIT.txt"), "utf8").trim();
  return `Copyright (c) ${holder ?? "the authors of the package"}\n\n${mit}`;
}

function notices() {
  const folders = [...new Set(Object.keys(result.metafile.inputs).map(packageFolder).filter(Boolean))].sort();
  const entries = folders.map((folder) => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(here, folder, "package.json"), "utf8"));
    return { title: `${name} ${version}`, license: license ?? "see below", text: licenceText(folder) || standardText(author, license) };
  });
  const rule = "=".repeat(100);
  const parts = entries.map(({ title, license, text }) => `${rule}\n${title}\nLicence: ${license}\n\n${text}\n`);
  return `The GraphQL explorer in this folder bundles these packages.\n\n${parts.join("\n")}`;
}

// A folder is emptied first, so that chunks of an earlier build do not stay behind.
if (existsSync(out)) for (const name of readdirSync(out)) rmSync(join(out, name));
mkdirSync(out, { recursive: true });
for (const file of result.outputFiles) {
  const name = file.path.slice(join(here, "out").length + 1);
  if (compareOnly) writeFileSync(join(out, name), file.contents);
  else writeFileSync(join(out, name + ".gz"), gzipSync(file.contents, { level: 9 }));
}
writeFileSync(compareOnly ? join(out, "THIRD_PARTY_NOTICES") : join(here, "..", "THIRD_PARTY_NOTICES"), notices());
