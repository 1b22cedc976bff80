// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked again and again while somebody looks. An answer that fails leaves nothing: what is
// shown is never older than one round.

import { ApiError, get } from "../../lib/api";

export class Poll<T> {
  value = $state.raw<T | null>(null);
  problem = $state("");
  readonly #path: string;
  readonly #everyMs: number;
  readonly #readRefusal: ((error: ApiError) => T | null) | undefined;

  constructor(path: string, everyMs: number, readRefusal?: (error: ApiError) => T | null) {
    this.#path = path;
    this.#everyMs = everyMs;
    this.#readRefusal = readRefusal;
  }

  async #ask(): Promise<void> {
    try {
      this.value = await get<T>(this.#path);
      this.problem = "";
    } catch (error) {
      this.value = error instanceof ApiError ? (this.#readRefusal?.(error) ?? null) : null;
      this.problem = this.value === null ? (error as Error).message : "";
    }
  }

  /** for $effect: begins, and answers how to end */
  run(): () => void {
    void this.#ask();
    const timer = setInterval(() => !document.hidden && void this.#ask(), this.#everyMs);
    return () => clearInterval(timer);
  }
}
