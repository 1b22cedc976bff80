// SPDX-License-Identifier: GPL-3.0-or-later
// Where a charger stands in the settings: the first one at the top level, each other below
// chargers: by its id.

import { live } from "../../lib/live.svelte";
import { put, type Path, type Settings } from "./document";
import type { Draft } from "./draft.svelte";

export const FIRST = "1";
export const ALL = "*"; // what each charger has that has nothing of its own: the top level

export interface Connection {
  name: string;
  ip: string;
  port: number | null;
  unit: number | null;
}

export const newConnection = (): Connection => ({ name: "", ip: "", port: 502, unit: 1 });

const inMap = (draft: Draft): string[] => Object.keys((draft.get(["chargers"]) ?? {}) as Settings);

/** those that run, and those that are not saved yet */
export function listIds(draft: Draft): string[] {
  const saved = Object.keys((draft.saved["chargers"] ?? {}) as Settings);
  const running = live.chargers.map((charger) => charger.id).filter((id) => !saved.includes(id));
  return [...new Set([...running, ...inMap(draft)])];
}

export const placeOf = (draft: Draft, id: string): Path => (inMap(draft).includes(id) ? ["chargers", id] : []);

export function nextId(taken: readonly string[]): string {
  for (let n = 1; ; n++) if (!taken.includes(String(n))) return String(n);
}

/** the merge document of a new charger; the first of all goes to the top level */
export function addPatch(id: string, isFirst: boolean, connection: Connection): Settings {
  const charger: Settings = {
    modbus: { ip: connection.ip.trim(), port: connection.port, socket_slave_id: connection.unit },
  };
  if (connection.name.trim() !== "") charger["name"] = connection.name.trim();
  const patch: Settings = {};
  // where there is no Victron system the daemon is to go on without its bus
  if (isFirst) return live.hasHouse ? charger : { ...charger, require_dbus: false };
  put(patch, ["chargers", id], charger);
  return patch;
}
