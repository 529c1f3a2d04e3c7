// Reads a server's schema by introspection in every way that graphql-js can ask, and compares it with the SDL given on
// standard input: node schema.mjs http://127.0.0.1:8080/graphql < schema.graphql
// Writes the problems found as a JSON list of strings.
import { readFileSync } from "node:fs";
import {
  buildClientSchema, buildSchema, findBreakingChanges, getIntrospectionQuery, lexicographicSortSchema, printSchema, validateSchema,
} from "graphql";

const endpoint = process.argv[2];
const sdl = readFileSync(0, "utf8");
const problems = [];

const optionSets = {
  standard: {},
  "without descriptions": { descriptions: false },
  specifiedByUrl: { specifiedByUrl: true },
  directiveIsRepeatable: { directiveIsRepeatable: true },
  schemaDescription: { schemaDescription: true },
  inputValueDeprecation: { inputValueDeprecation: true },
  everything: {
    specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true, oneOf: true,
  },
};

async function introspect(options) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
    body: JSON.stringify({ query: getIntrospectionQuery(options) }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

const texts = {};
for (const [name, options] of Object.entries(optionSets)) {
  try {
    const first = await introspect(options);
    if (JSON.stringify(first) !== JSON.stringify(await introspect(options))) problems.push(`${name}: two answers differ`);
    const schema = buildClientSchema(first);
    for (const error of validateSchema(schema)) problems.push(`${name}: ${error.message}`);
    texts[name] = { schema, printed: printSchema(schema), sorted: printSchema(lexicographicSortSchema(schema)) };
  } catch (error) {
    problems.push(`${name}: ${error.message}`);
  }
}

/** The first line in which two texts differ. */
function difference(left, right) {
  const [a, b] = [left.split("\n"), right.split("\n")];
  const at = a.findIndex((line, i) => line !== b[i]);
  return `line ${at + 1}: ${JSON.stringify(a[at])} against ${JSON.stringify(b[at])}`;
}

try {
  const declared = buildSchema(sdl);
  for (const error of validateSchema(declared)) problems.push(`SDL: ${error.message}`);
  const { schema, printed, sorted } = texts.everything;
  for (const change of [...findBreakingChanges(declared, schema), ...findBreakingChanges(schema, declared)]) {
    // buildSchema adds the directives that graphql-js knows, as it knows them; a server need not have them all.
    if (!change.type.startsWith("DIRECTIVE_")) problems.push(`SDL and introspection: ${change.description}`);
  }
  const declaredSorted = printSchema(lexicographicSortSchema(declared));
  if (sorted !== declaredSorted) problems.push(`introspection against SDL: ${difference(sorted, declaredSorted)}`);
  const declaredPrinted = printSchema(declared);
  if (printed !== declaredPrinted) problems.push(`order of introspection against SDL: ${difference(printed, declaredPrinted)}`);
} catch (error) {
  problems.push(`SDL: ${error.message}`);
}
process.stdout.write(JSON.stringify(problems));
