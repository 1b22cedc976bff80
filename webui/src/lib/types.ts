// SPDX-License-Identifier: GPL-3.0-or-later
// What the API answers, by the names that the page uses. openapi.d.ts is made of data/openapi.yaml
// by "npm run types". A field that is unknown is null.

import type { components } from "./openapi";

type Schemas = components["schemas"];

export type Charger = Schemas["ChargerState"];
export type ChargerAnswer = Schemas["Charger"];
export type Site = Schemas["SiteState"];
export type Verdict = Schemas["Verdict"];
export type Decision = Schemas["ChargerDecision"];
export type Explanation = Schemas["Explanation"];
export type Session = Schemas["Session"];
export type SessionPage = Schemas["SessionPage"];
export type Total = Schemas["Total"];
export type Totals = Schemas["Totals"];
export type History = Schemas["History"];
export type Plan = Schemas["Plan"];
export type PlanSlot = Schemas["PlanSlot"];
export type Role = Schemas["Role"];
export type Visitor = Schemas["Login"];
export type User = Schemas["User"];
export type Token = Schemas["Token"];
export type NewTokenMade = Schemas["NewTokenMade"];
export type ChargerTested = Schemas["ChargerTested"];
export type Readiness = Schemas["Readiness"];
export type UpdateStatus = Schemas["UpdateStatus"];
export type Device = Schemas["Device"];
