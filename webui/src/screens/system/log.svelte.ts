// SPDX-License-Identifier: GPL-3.0-or-later
// The log: what is in memory, then what comes. At most MAX_LINES are kept.

import { apiUrl, query } from "../../lib/api";

export const LEVELS = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"] as const;
export type Level = (typeof LEVELS)[number];

export interface LogFilter {
  level: Level;
  area: string;
  charger: string;
}

export interface Line {
  id: number;
  at: string;
  level: string;
  area: string;
  text: string;
}

const MAX_LINES = 1000;
const FIRST_LINES = 300;
// "2026-11-21T16:03:20.554131Z INFO  alfen[1]: charger 1 answers"
const FORM = /^(\S+)\s+(ERROR|WARN|INFO|DEBUG|TRACE)\s+([^:\s]+):\s?(.*)$/;

export class Log {
  lines = $state.raw<Line[]>([]);
  problem = $state("");
  isLive = $state(false);
  #counter = 0;
  #waiting: Line[] = [];
  #frame = 0;

  #parse(text: string): Line {
    const [, at = "", level = "", area = "", rest = text] = FORM.exec(text) ?? [];
    return { id: ++this.#counter, at, level, area, text: rest };
  }

  #show(): void {
    this.#frame = 0;
    this.lines = [...this.lines, ...this.#waiting].slice(-MAX_LINES);
    this.#waiting = [];
  }

  #take(text: string): void {
    this.#waiting.push(this.#parse(text));
    if (this.#waiting.length > MAX_LINES) this.#waiting.shift();
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#show());
  }

  /** from the last lines on; answers how to end */
  follow(filter: LogFilter): () => void {
    const parameters = query({ ...filter });
    const ending = new AbortController();
    this.lines = [];
    this.#waiting = [];
    this.problem = "";
    const source = new EventSource(apiUrl(`api/logs/stream${parameters}`));
    source.addEventListener("log", (event: MessageEvent<string>) => this.#take(event.data));
    source.addEventListener("open", () => void this.#begin(parameters, ending.signal));
    source.addEventListener("error", () => (this.isLive = false));
    return () => {
      ending.abort();
      source.close();
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
      this.isLive = false;
    };
  }

  // also after a break: what came meanwhile is in memory
  async #begin(parameters: string, signal: AbortSignal): Promise<void> {
    try {
      const mark = parameters === "" ? "?" : "&";
      const answer = await fetch(apiUrl(`api/logs/tail${parameters}${mark}lines=${FIRST_LINES}`), { signal, cache: "no-store" });
      const text = await answer.text();
      if (!answer.ok) throw new Error(text);
      this.#waiting = [];
      this.lines = text.split("\n").filter((line) => line !== "").map((line) => this.#parse(line));
      this.isLive = true;
    } catch (error) {
      if (!signal.aborted) this.problem = (error as Error).message;
    }
  }
}
