// SPDX-License-Identifier: GPL-3.0-or-later
// Words for people about values of settings.

import { UNKNOWN, weekday } from "../../lib/format";
import { N_, t, tSetting } from "../../lib/i18n.svelte";
import { live } from "../../lib/live.svelte";
import { FIRST } from "./chargers";
import { choiceText } from "./choices";
import type { Json, Path } from "./document";
import { chargerSchema, schemaAt, type Schema } from "./schema";

const UNITS: Record<string, string> = { "per kWh": N_("per kWh"), d: N_("days") };

export const unitText = (unit: string | undefined): string => (unit === undefined ? "" : t(UNITS[unit] ?? unit));

/** "Controls & Safety › Maximum set current"; of what the daemon did not declare the key */
export function placeText(root: Schema, path: Path): string {
  const texts: string[] = [];
  const isOfCharger = path[0] !== undefined && Object.hasOwn(chargerSchema(root).properties ?? {}, path[0]);
  if (isOfCharger) texts.push(live.charger(FIRST) === undefined ? t("All chargers") : t("Charger {id}", { id: FIRST }));
  for (let n = 1; n <= path.length; n++) {
    const part = path[n - 1]!;
    const title = schemaAt(root, path.slice(0, n))?.title;
    const isInMap = schemaAt(root, path.slice(0, n - 1))?.additionalProperties !== undefined;
    if (isInMap) texts[texts.length - 1] = path[0] === "chargers" ? t("Charger {id}", { id: part }) : `${texts.at(-1)} ${part}`;
    else if (title !== undefined && tSetting(title) !== texts.at(-1)) texts.push(tSetting(title));
    else if (title === undefined) texts.push(String(part));
  }
  return texts.join(" › ");
}

/** a value in one line */
export function valueText(schema: Schema | undefined, path: Path, value: Json | undefined): string {
  if (value === undefined || value === null || value === "") return value === null ? t("default") : UNKNOWN;
  if (typeof value === "boolean") return value ? t("Yes") : t("No");
  if (schema?.enum !== undefined) return choiceText(String(path.at(-1)), value);
  if (schema?.["x-format"] === "days" && Array.isArray(value))
    return value.length === 0 ? t("every day") : value.map((day) => weekday(Number(day))).join(", ");
  if (typeof value === "object") return Array.isArray(value) && value.length === 0 ? t("None") : JSON.stringify(value);
  return `${value} ${unitText(schema?.["x-unit"])}`.trim();
}

