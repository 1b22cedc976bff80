// SPDX-License-Identifier: GPL-3.0-or-later
// Settings as documents: places in them, what differs, merge documents (RFC 7396).

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Settings = { [name: string]: Json };
export type Path = readonly (string | number)[]; // numbers are places in lists

export interface Change {
  path: Path;
  before: Json | undefined; // undefined: it was not there
  after: Json | undefined;
}

const isMap = (value: Json | undefined): value is Settings =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isEqual = (a: Json | undefined, b: Json | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

export const copy = <T extends Json>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** "schedule.items[0].days", as the daemon writes it */
export const keyOf = (path: Path): string =>
  path.reduce<string>((key, part) => (typeof part === "number" ? `${key}[${part}]` : key === "" ? part : `${key}.${part}`), "");

export function find(document: Json | undefined, path: Path): Json | undefined {
  let value = document;
  for (const part of path) {
    if (Array.isArray(value)) value = value[Number(part)];
    else if (isMap(value) && Object.hasOwn(value, part)) value = value[part];
    else return undefined;
  }
  return value;
}

/** undefined takes it away; maps on the way are made */
export function put(document: Settings, path: Path, value: Json | undefined): void {
  const last = path.at(-1);
  let holder: Json = document;
  for (const part of path.slice(0, -1)) {
    if (Array.isArray(holder)) holder = holder[Number(part)] ?? null;
    else if (isMap(holder)) holder = holder[part] ??= {};
  }
  if (last === undefined) return;
  if (Array.isArray(holder)) {
    if (value === undefined) holder.splice(Number(last), 1);
    else holder[Number(last)] = value;
  } else if (isMap(holder)) {
    if (value === undefined) delete holder[last];
    else holder[last] = value;
  }
}

/** lists differ as a whole: that is how they are changed; so do maps that are taken away */
export function listChanges(before: Json | undefined, after: Json | undefined, path: Path = []): Change[] {
  const old = before === undefined && isMap(after) && Object.keys(after).length > 0 ? {} : before;
  if (isMap(old) && isMap(after)) {
    const names = new Set([...Object.keys(old), ...Object.keys(after)]);
    return [...names].flatMap((name) => listChanges(old[name], after[name], [...path, name]));
  }
  return isEqual(before, after) ? [] : [{ path, before, after }];
}

export function makePatch(changes: readonly Change[]): Settings {
  const patch: Settings = {};
  for (const change of changes) put(patch, change.path, change.after === undefined ? null : copy(change.after));
  return patch;
}

/** keeps null: to the daemon it is "back to the default", which only the daemon knows */
export function merge(document: Settings, patch: Settings): Settings {
  const merged = copy(document);
  for (const [name, value] of Object.entries(patch)) {
    const old = merged[name];
    merged[name] = isMap(value) && isMap(old) ? merge(old, value) : copy(value);
  }
  return merged;
}
