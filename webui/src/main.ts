// SPDX-License-Identifier: GPL-3.0-or-later
import { mount } from "svelte";
import App from "./app/App.svelte";
import { SCREENS, findScreen } from "./app/screens";
import "./ui/tokens.css";
import { chooseLanguage } from "./lib/i18n.svelte";
import { currentRoute } from "./lib/route.svelte";
import { applyTheme } from "./lib/theme.svelte";

applyTheme();
void (findScreen(currentRoute().screen) ?? SCREENS[0]!).load().catch(() => undefined); // beside the first request
void chooseLanguage().then(() => {
  mount(App, { target: document.getElementById("app") as HTMLElement });
});
