// SPDX-License-Identifier: GPL-3.0-or-later
// What is, now: the event stream begins with the whole state, then tells what changed. While no
// event comes the last values stay, and isLive says that they are old.

import { apiUrl } from "./api";
import type { Charger, Site } from "./types";

type Fields = Record<string, string | number | null>;

interface Event {
  timestamp: string;
  site: Fields;
  chargers: Record<string, Fields>;
}

const STALE_MS = 5000; // the daemon tells something each second
const RETRY_MS = 2000;

export type Link = "connecting" | "live" | "lost";

const state = $state({
  link: "connecting" as Link,
  timestamp: null as string | null, // of the daemon, of the values shown
  site: {} as Fields, // all unknown
  chargers: {} as Record<string, Fields>,
});

let source: EventSource | null = null;
let lastEventMs = 0;
let lastTryMs = 0;
const listeners = new Set<() => void>();

export const live = {
  get link(): Link {
    return state.link;
  },
  get isLive(): boolean {
    return state.link === "live";
  },
  get timestamp(): string | null {
    return state.timestamp;
  },
  get site(): Site {
    return state.site as unknown as Site;
  },
  /** something of the house is known: there is a Victron system */
  get hasHouse(): boolean {
    const { grid_power_w, pv_power_w, consumption_power_w } = live.site;
    return [grid_power_w, pv_power_w, consumption_power_w].some((value) => value !== null && value !== undefined);
  },
  get hasState(): boolean {
    return state.timestamp !== null;
  },
  get chargers(): Charger[] {
    return Object.values(state.chargers) as unknown as Charger[];
  },
  charger(id: string): Charger | undefined {
    return state.chargers[id] as unknown as Charger | undefined;
  },
};

/** called after each event; answers how to end that */
export function onEvent(callback: () => void): () => void {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

function noteEvent(event: Event): void {
  lastEventMs = performance.now();
  state.timestamp = event.timestamp;
  state.link = "live";
  for (const listener of listeners) listener();
}

function takeState(event: Event): void {
  state.site = event.site;
  state.chargers = event.chargers;
  noteEvent(event);
}

function takeChange(event: Event): void {
  Object.assign(state.site, event.site);
  for (const [id, fields] of Object.entries(event.chargers)) {
    const charger = state.chargers[id];
    if (charger !== undefined) Object.assign(charger, fields);
  }
  noteEvent(event);
}

function close(): void {
  source?.close();
  source = null;
}

function listen(): void {
  close();
  lastTryMs = performance.now();
  source = new EventSource(apiUrl("api/v1/events"));
  source.addEventListener("state", (event: MessageEvent<string>) => takeState(JSON.parse(event.data) as Event));
  source.addEventListener("change", (event: MessageEvent<string>) => takeChange(JSON.parse(event.data) as Event));
  source.addEventListener("error", () => {
    if (state.link === "live") state.link = "lost";
  });
}

// EventSource does not notice a dead peer, and gives up after some answers
function watch(): void {
  if (document.hidden) return;
  const nowMs = performance.now();
  const isSilent = nowMs - lastEventMs > STALE_MS;
  if (isSilent && state.link === "live") state.link = "lost";
  if (isSilent && nowMs - lastTryMs > (source?.readyState === EventSource.CLOSED ? RETRY_MS : STALE_MS)) listen();
}

// a tab that nobody sees asks for nothing, and what it shows when seen again is old until told anew
function followVisibility(): void {
  if (document.hidden) {
    close();
    if (state.link === "live") state.link = "lost";
  } else {
    listen();
  }
}

/** begins; answers how to end */
export function connect(): () => void {
  const timer = setInterval(watch, 1000);
  document.addEventListener("visibilitychange", followVisibility);
  if (!document.hidden) listen();
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", followVisibility);
    close();
  };
}
