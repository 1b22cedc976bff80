// SPDX-License-Identifier: GPL-3.0-or-later
// The last hour of one charger second by second: what the daemon still knows, then each event.
// Bounded: what is older than the longest window goes.

import { get, query } from "../../lib/api";
import { live, onEvent } from "../../lib/live.svelte";
import type { History } from "../../lib/types";

export const WINDOWS_S = [300, 3600] as const;
const KEEP_S = 3600;
const SLACK = 300; // cut now and then, not with each event

export interface Window {
  span: [number, number];
  at: number[];
  actual: Column;
  allowed: Column;
  most: Column;
}

type Column = (number | null)[];

const toA = (mA: number | null | undefined): number | null => (mA === null || mA === undefined ? null : mA / 1000);

export class LivePlot {
  readonly #id: string;
  #at: number[] = [];
  #actual: Column = [];
  #allowed: Column = [];
  #most: Column = [];
  #version = $state(0);

  constructor(id: string) {
    this.#id = id;
  }

  /** begins; answers how to end */
  follow(): () => void {
    void this.#load();
    return onEvent(() => this.#take());
  }

  async #load(): Promise<void> {
    const names = ["current_mA", "limit_mA", "max_mA"].map((name) => `charger.${this.#id}.${name}`);
    let past: History;
    try {
      past = await get<History>(`api/v1/history${query({ series: names.join(","), step: "second" })}`);
    } catch {
      return; // the plot begins with now
    }
    const first = this.#at[0] ?? Infinity;
    const n = past.starts_at.slice(0, -1).filter((at) => at < first).length;
    const column = (name: string | undefined): Column => (past.series[name ?? ""] ?? []).slice(0, n).map(toA);
    this.#at = [...past.starts_at.slice(0, n), ...this.#at];
    this.#actual = [...column(names[0]), ...this.#actual];
    this.#allowed = [...column(names[1]), ...this.#allowed];
    this.#most = [...column(names[2]), ...this.#most];
    this.#version++;
  }

  #take(): void {
    const charger = live.charger(this.#id);
    const at = live.timestamp === null ? NaN : Math.floor(Date.parse(live.timestamp) / 1000);
    if (charger === undefined || !(at > (this.#at.at(-1) ?? 0))) return;
    this.#at.push(at);
    this.#actual.push(charger.connected === 0 ? null : toA(charger.current_mA));
    this.#allowed.push(toA(charger.limit_mA));
    this.#most.push(toA(charger.max_current_mA));
    const old = this.#at.length - KEEP_S;
    if (old > SLACK) for (const column of [this.#at, this.#actual, this.#allowed, this.#most]) column.splice(0, old);
    if (!document.hidden) this.#version++;
  }

  /** the last seconds, in columns */
  window(seconds: number): Window {
    void this.#version;
    const until = this.#at.at(-1) ?? 0;
    const begin = Math.max(0, this.#at.findIndex((at) => at >= until - seconds));
    return {
      span: [until - seconds, until],
      at: this.#at.slice(begin),
      actual: this.#actual.slice(begin),
      allowed: this.#allowed.slice(begin),
      most: this.#most.slice(begin),
    };
  }
}
