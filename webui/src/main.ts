// SPDX-License-Identifier: GPL-3.0-or-later
import { mount } from "svelte";
import App from "./app/App.svelte";
import "./ui/tokens.css";
import { chooseLanguage } from "./lib/i18n.svelte";
import { applyTheme } from "./lib/theme.svelte";

applyTheme();
void chooseLanguage().then(() => {
  mount(App, { target: document.getElementById("app") as HTMLElement });
});
