// SPDX-License-Identifier: GPL-3.0-or-later
// For openapi.py: JSON Schema by ajv, OpenAPI by Redocly. validate.mjs MODULES reads lines of JSON
// and answers each with one. The first is the OpenAPI document, which is only taken. "lint" is
// answered by a list of what is wrong with it. {schema, instance, ours} is answered by why the
// instance is not as the schema says, or null; what is ours has nothing that it does not name.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.argv[2] + "/");
const Ajv = require("ajv/dist/2020").default;
const { createConfig, lintFromString } = require("@redocly/openapi-core");

const OF_VALUES = ["properties", "patternProperties"]; // name -> schema of a value inside
const OF_VALUE = ["items", "additionalProperties"]; // schema of a value inside
const OF_SAME = ["allOf", "anyOf", "oneOf"]; // schemas of the value itself
const FORMATS = {
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  password: true,
  "uri-reference": (text) => URL.canParse(text, "http://localhost/"),
};

const RULES = [
  "struct", "no-unresolved-refs", "no-identical-paths", "path-declaration-must-exist",
  "path-parameters-defined", "operation-operationId-unique", "operation-parameters-unique",
  "security-defined", "no-enum-type-mismatch", "no-invalid-schema-examples",
  "no-invalid-media-type-examples", "no-invalid-parameter-examples",
];

const isObject = (value) => typeof value === "object" && value !== null;
const mapValues = (object, map) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));

/** A schema that refers into the document called "all". If close, values have no more members than
 * it names; parts of allOf and the like do not know each other's, so only the whole is closed. */
function adapt(schema, close, isWhole) {
  if (!isObject(schema)) return schema;
  const result = { ...schema };
  if (schema.$ref) result.$ref = (close ? "ours" : "all") + schema.$ref;
  for (const key of OF_VALUES)
    if (schema[key]) result[key] = mapValues(schema[key], (one) => adapt(one, close, true));
  for (const key of OF_VALUE) if (isObject(schema[key])) result[key] = adapt(schema[key], close, true);
  for (const key of OF_SAME)
    if (schema[key]) result[key] = schema[key].map((one) => adapt(one, close, false));
  if (close && isWhole) result.unevaluatedProperties = false;
  return result;
}

function adaptDocument(document, close) {
  const schemas = mapValues(document.components.schemas, (one) => adapt(one, close, false));
  return { components: { schemas } };
}

const ajv = new Ajv({ allowUnionTypes: true, strictTypes: false, strictRequired: false,
                      formats: FORMATS, code: { optimize: false } }); // each runs a few times only
ajv.addVocabulary(["components"]);
const compiled = new Map();

async function lint(document) {
  const rules = Object.fromEntries(RULES.map((name) => [name, "error"]));
  const problems = await lintFromString({
    source: JSON.stringify(document),
    config: await createConfig({ extends: [], rules }),
  });
  return problems.map(({ message, location }) => `${location[0].pointer}: ${message}`);
}

/** Each schema by itself, so that one which no answer uses is as it must be too. */
function compileAll(document) {
  return Object.keys(document.components.schemas).flatMap((name) => {
    try {
      ajv.compile({ $ref: `ours#/components/schemas/${name}` });
      return [];
    } catch (error) {
      return [`${name}: ${error.message}`];
    }
  });
}

function take(document) {
  ajv.addSchema(adaptDocument(document, false), "all");
  ajv.addSchema(adaptDocument(document, true), "ours");
  return document;
}

function check({ schema, instance, ours }) {
  const key = JSON.stringify([schema, ours]);
  if (!compiled.has(key)) compiled.set(key, ajv.compile(adapt(schema, ours, true)));
  const validate = compiled.get(key);
  return validate(instance) ? null : ajv.errorsText(validate.errors) +
    " " + JSON.stringify(validate.errors.map((error) => error.params));
}

async function answer(question) {
  if (document === null) {
    document = take(question);
    return null;
  }
  if (question === "lint") return [...(await lint(document)), ...compileAll(document)];
  return check(question);
}

let document = null;
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + "\n");
