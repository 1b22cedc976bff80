// SPDX-License-Identifier: GPL-3.0-or-later
// Who looks at the page, and what that person may do.

import { get, post, whenDenied } from "./api";
import type { Visitor } from "./types";

let visitor = $state.raw<Visitor | null>(null); // null: not known yet

export const currentVisitor = (): Visitor | null => visitor;
export const mayDrive = (): boolean => visitor?.role === "driver" || visitor?.role === "admin";
export const mayAdminister = (): boolean => visitor?.role === "admin";

export async function loadVisitor(): Promise<void> {
  visitor = await get<Visitor>("api/v1/session");
}

export async function logIn(user: string, password: string): Promise<void> {
  await post("api/v1/login", { user, password });
  await loadVisitor();
}

/** makes the first admin, and logs in as him */
export async function setFirstPassword(code: string, user: string, password: string): Promise<void> {
  await post("api/v1/setup", { code, user, password });
  await loadVisitor();
}

export async function logOut(): Promise<void> {
  await post("api/v1/logout");
  await loadVisitor();
}

whenDenied(() => {
  if (visitor !== null && visitor.role !== "none") void loadVisitor().catch(() => undefined);
});
