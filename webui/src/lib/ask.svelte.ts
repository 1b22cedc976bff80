// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody asked of a charger: shown at once, until the daemon shows the same, refuses it, or
// shows something else though it had the time. Its answer to the request is not shown: an event
// that was told later may already be here.

import { ApiError, patch } from "./api";
import { live, onEvent } from "./live.svelte";
import { toast } from "./toast.svelte";
import { t } from "./i18n.svelte";

export type Askable = "mode" | "start_stop" | "set_current_mA" | "phases_set";

const CONFIRM_MS = 3000;
const MAX_EVENTS = 2; // the first may have been on its way before the request was heard

export class Asking {
  readonly #id: string;
  #asked = $state<Partial<Record<Askable, number>>>({});
  #endings: Partial<Record<Askable, () => void>> = {}; // of the waiting for the daemon

  constructor(id: string) {
    this.#id = id;
  }

  #is(field: Askable): number | null {
    return live.charger(this.#id)?.[field] ?? null;
  }

  /** what was asked while it waits for its confirmation, else what is */
  value(field: Askable): number | null {
    return this.#asked[field] ?? this.#is(field);
  }

  isWaiting(field: Askable): boolean {
    return this.#asked[field] !== undefined;
  }

  #forget(field: Askable): void {
    this.#endings[field]?.();
    delete this.#endings[field];
    delete this.#asked[field];
  }

  #awaitEvents(field: Askable, value: number): void {
    if (this.#is(field) === value) {
      this.#forget(field);
      return;
    }
    let nLeft = MAX_EVENTS;
    const ignore = onEvent(() => (this.#is(field) === value || --nLeft === 0) && this.#forget(field));
    const timer = setTimeout(() => this.#forget(field), CONFIRM_MS);
    this.#endings[field] = () => {
      ignore();
      clearTimeout(timer);
    };
  }

  async ask(field: Askable, value: number): Promise<boolean> {
    this.#endings[field]?.();
    this.#asked[field] = value;
    try {
      await patch(`api/v1/chargers/${encodeURIComponent(this.#id)}`, { [field]: value });
      if (this.#asked[field] === value) this.#awaitEvents(field, value); // else asked again meanwhile
      return true;
    } catch (error) {
      if (this.#asked[field] === value) this.#forget(field);
      const reason = error instanceof ApiError && !error.isOffline ? error.message : t("The controller does not answer.");
      toast("error", t("Not done: {reason}", { reason }));
      return false;
    }
  }
}
