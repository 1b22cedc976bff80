// SPDX-License-Identifier: GPL-3.0-or-later
// The screens: each is a chunk of its own that is loaded when it is first shown. A new one is a
// folder below src/screens and a line here.

import type { Component } from "svelte";
import type { IconName } from "../ui/icons";
import { N_ } from "../lib/i18n.svelte";

export interface Screen {
  id: string;
  title: string; // give it to t()
  icon: IconName;
  isMain: boolean; // has its own place in the bar of a phone; else behind "More"
  isForAdmin: boolean;
  load: () => Promise<{ default: Component }>;
}

export const SCREENS: Screen[] = [
  {
    id: "now", title: N_("Now"), icon: "now", isMain: true, isForAdmin: false,
    load: () => import("../screens/now/Now.svelte"),
  },
  {
    id: "plan", title: N_("Plan"), icon: "plan", isMain: true, isForAdmin: false,
    load: () => import("../screens/plan/Plan.svelte"),
  },
  {
    id: "sessions", title: N_("Sessions"), icon: "sessions", isMain: true, isForAdmin: false,
    load: () => import("../screens/sessions/Sessions.svelte"),
  },
  {
    id: "why", title: N_("Why"), icon: "why", isMain: true, isForAdmin: false,
    load: () => import("../screens/why/Why.svelte"),
  },
  {
    id: "settings", title: N_("Settings"), icon: "settings", isMain: false, isForAdmin: true,
    load: () => import("../screens/settings/Settings.svelte"),
  },
  {
    id: "system", title: N_("System"), icon: "system", isMain: false, isForAdmin: false,
    load: () => import("../screens/system/System.svelte"),
  },
];

export const MORE = { id: "more", load: () => import("../screens/more/More.svelte") };

export const findScreen = (id: string): Screen | undefined => SCREENS.find((screen) => screen.id === id);
