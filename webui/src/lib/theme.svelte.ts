// SPDX-License-Identifier: GPL-3.0-or-later
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORED = "phaeton.theme";

function readStored(): Theme {
  const stored = localStorage.getItem(STORED);
  return THEMES.find((theme) => theme === stored) ?? "system";
}

let theme = $state<Theme>(readStored());

export const currentTheme = (): Theme => theme;

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

export function applyTheme(): void {
  const shown = theme === "system" ? (prefersDark.matches ? "dark" : "light") : theme;
  document.documentElement.dataset["theme"] = shown;
}

prefersDark.addEventListener("change", applyTheme);

export function chooseTheme(wanted: Theme): void {
  theme = wanted;
  localStorage.setItem(STORED, wanted);
  applyTheme();
}
