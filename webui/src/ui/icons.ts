// SPDX-License-Identifier: GPL-3.0-or-later
// Lines on a field of 24 by 24.

export const ICONS = {
  now: "M13 2 5 14h6l-1 8 9-13h-6z",
  plan: "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4M8 14h3M13 17h3",
  sessions: "M4 20V10M10 20V4M16 20v-7M21 20H3",
  why: "M9.2 9a3 3 0 1 1 4.3 2.7c-1 .5-1.5 1.2-1.5 2.3M12 17.5v.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
  system: "M3 12h4l3-7 4 14 3-7h4",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M4.9 4.9l1.8 1.8M17.3 17.3l1.8 1.8M4.9 19.1l1.8-1.8M17.3 6.7l1.8-1.8",
  grid: "M12 2 6 22M12 2l6 20M8.4 14h7.2M9.6 10h4.8M4 7l8-5 8 5M7.2 18h9.6",
  battery: "M4 8h14v8H4zM18 11h2v2h-2M7 10.5v3M10 10.5v3",
  house: "M4 11 12 4l8 7M6 9.5V20h12V9.5M10 20v-6h4v6",
  car: "M4 16v-4l2-5h12l2 5v4zM4 12h16M6 16v2.5M18 16v2.5M7.5 14h.01M16.5 14h.01",
  play: "M7 4.5v15l12-7.5z",
  stop: "M6 6h12v12H6z",
  close: "M6 6l12 12M18 6 6 18",
  check: "M5 12.5 10 17.5 19.5 7",
  alert: "M12 3 2 20.5h20zM12 10v4.5M12 17.5v.01",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8v.01",
  download: "M12 4v11M7 11l5 5 5-5M4 20h16",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  plus: "M12 5v14M5 12h14",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  logout: "M14 4H5v16h9M10 12h11M17 8l4 4-4 4",
  hand: "M8 13V5.5a1.5 1.5 0 0 1 3 0V11M11 10.5V4.5a1.5 1.5 0 0 1 3 0V11M14 11V6a1.5 1.5 0 0 1 3 0v8a7 7 0 0 1-7 7c-3 0-4.5-1.5-6-5l-1-2.5c.8-1 2.2-.8 3 .5l2 2",
} as const;

export type IconName = keyof typeof ICONS;
