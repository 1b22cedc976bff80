// SPDX-License-Identifier: GPL-3.0-or-later
// What the daemon says of its settings (JSON Schema), and which control fits.

import type { Json, Path } from "./document";

export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: Json;
  minimum?: number;
  maximum?: number;
  enum?: Json[];
  pattern?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  oneOf?: Schema[];
  propertyNames?: { pattern: string };
  "x-unit"?: string;
  "x-step"?: number;
  "x-format"?: string;
  "x-order"?: number;
  "x-restart"?: boolean;
  "x-secret"?: boolean;
  "x-inherits"?: boolean;
}

export type Control =
  | "switch" | "choice" | "number" | "text" | "secret" | "time" | "date" | "days" | "zone" | "rotation" | "circuit"
  | "texts" | "phases" | "list" | "map" | "group";

const ROTATION = "phase-rotation";

const hasType = (schema: Schema, type: string): boolean =>
  Array.isArray(schema.type) ? schema.type.includes(type) : schema.type === type;

const accepts = (schema: Schema, text: string): boolean =>
  schema.pattern !== undefined && new RegExp(schema.pattern).test(text);

function textControl(schema: Schema, name: string): Control {
  if (schema["x-secret"]) return "secret";
  if (schema["x-format"] === "timezone") return "zone";
  if (schema["x-format"] === ROTATION) return "rotation";
  if (accepts(schema, "23:59")) return "time";
  if (accepts(schema, "2026-12-31") && !accepts(schema, "easter")) return "date";
  return name === "circuit" || name === "parent" ? "circuit" : "text";
}

export function controlOf(schema: Schema, name: string): Control {
  if (schema.oneOf !== undefined) return "phases";
  if (schema.enum !== undefined) return "choice";
  if (hasType(schema, "boolean")) return "switch";
  if (hasType(schema, "integer") || hasType(schema, "number")) return "number";
  if (schema.type === "object") return schema.additionalProperties === undefined ? "group" : "map";
  if (schema.type === "array") {
    if (schema["x-format"] === "days") return "days";
    return schema.items?.properties === undefined ? "texts" : "list";
  }
  return textControl(schema, name);
}

/** one value, or a list of them: no parts of its own */
export const isSingle = (schema: Schema): boolean => schema.properties === undefined && schema.additionalProperties === undefined
  && schema.items?.properties === undefined;

export type Part = readonly [name: string, schema: Schema];

/** single values first, then what has parts of its own; each in the daemon's order */
export const partsOf = (schema: Schema): Part[] =>
  Object.entries(schema.properties ?? {}).sort(([, a], [, b]) =>
    Number(isSingle(b)) - Number(isSingle(a)) || (a["x-order"] ?? 0) - (b["x-order"] ?? 0));

export const settingsOf = (schema: Schema): Part[] => partsOf(schema).filter(([, part]) => isSingle(part));

/** what the daemon says of the place */
export function schemaAt(root: Schema, path: Path): Schema | undefined {
  let schema: Schema | undefined = root;
  for (const part of path)
    schema = typeof part === "number" ? schema?.items : (schema?.properties?.[part] ?? schema?.additionalProperties);
  return schema;
}

/** what a new item of a list or map begins with; what may be inherited stays away */
export function emptyItem(schema: Schema): Record<string, Json> {
  const item: Record<string, Json> = {};
  for (const [name, part] of settingsOf(schema)) if (part.default !== undefined) item[name] = part.default;
  return item;
}

/** what each charger may have for itself */
export const chargerSchema = (root: Schema): Schema => root.properties?.["chargers"]?.additionalProperties ?? {};

// the file may have it, but the daemon never looks for updates
const UNUSED = "updates";

/** the rest of the settings by section: "" holds the single values */
export function siteSections(root: Schema): { id: string; schema: Schema }[] {
  const ofCharger = chargerSchema(root).properties ?? {};
  const own = Object.entries(root.properties ?? {}).filter(([name]) => name !== "chargers" && name !== UNUSED
    && !Object.hasOwn(ofCharger, name));
  const single = Object.fromEntries(own.filter(([, schema]) => isSingle(schema)));
  return [
    { id: "general", schema: { type: "object", title: "General", properties: single } },
    ...own.filter(([, schema]) => !isSingle(schema)).sort(([, a], [, b]) => (a["x-order"] ?? 0) - (b["x-order"] ?? 0))
      .map(([id, schema]) => ({ id, schema })),
  ];
}

/** "vehicles" is a map that only holds a list of the same title */
export function unwrap(path: Path, schema: Schema): { path: Path; schema: Schema } {
  const items = schema.properties?.["items"];
  return items !== undefined && Object.keys(schema.properties ?? {}).length === 1
    ? { path: [...path, "items"], schema: items } : { path, schema };
}
