// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody asked of a charger: shown at once, until the daemon shows the same, refuses it, or
// a few seconds went by without either.

import { ApiError, patch } from "./api";
import { live, takeCharger } from "./live.svelte";
import type { Charger } from "./types";
import { toast } from "./toast.svelte";
import { t } from "./i18n.svelte";

export type Askable = "mode" | "start_stop" | "set_current_mA" | "phases_set";

const CONFIRM_MS = 3000;

export class Asking {
  readonly #id: string;
  #asked = $state<Partial<Record<Askable, number>>>({});
  #timers: Partial<Record<Askable, ReturnType<typeof setTimeout>>> = {};

  constructor(id: string) {
    this.#id = id;
  }

  /** what was asked while it waits for its confirmation, else what is */
  value(field: Askable): number | null {
    const is = (live.charger(this.#id)?.[field] ?? null) as number | null;
    return this.#asked[field] ?? is;
  }

  isWaiting(field: Askable): boolean {
    return this.#asked[field] !== undefined;
  }

  #forget(field: Askable): void {
    clearTimeout(this.#timers[field]);
    delete this.#asked[field];
  }

  async ask(field: Askable, value: number): Promise<boolean> {
    clearTimeout(this.#timers[field]);
    this.#asked[field] = value;
    try {
      const charger = await patch<Charger>(`api/v1/chargers/${encodeURIComponent(this.#id)}`, { [field]: value });
      if (this.#asked[field] !== value) return true; // asked again meanwhile
      takeCharger(charger);
      if (charger[field] === value) this.#forget(field);
      else this.#timers[field] = setTimeout(() => this.#forget(field), CONFIRM_MS);
      return true;
    } catch (error) {
      if (this.#asked[field] === value) this.#forget(field);
      const reason = error instanceof ApiError && !error.isOffline ? error.message : t("The controller does not answer.");
      toast("error", t("Not done: {reason}", { reason }));
      return false;
    }
  }
}
