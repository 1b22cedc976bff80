// SPDX-License-Identifier: GPL-3.0-or-later
// The settings while they are edited: the daemon says of each change at once what is wrong, and
// nothing is in force before it is saved. What others saved meanwhile is never overwritten unseen.

import { ApiError, requestWithTag, type Problem } from "../../lib/api";
import { copy, find, keyOf, listChanges, makePatch, merge, put, type Change, type Json, type Path, type Settings } from "./document";
import type { Schema } from "./schema";

const PATH = "api/v1/settings";
const CHECK_DELAY_MS = 250;
export const MASK = "********";

interface Saved {
  saved: boolean;
  error?: string;
  problems: Problem[];
}

// the values go as deep as they like, which the type of $state.snapshot does not
const snapshot = (values: Settings): Settings => $state.snapshot(values as object) as Settings;

export type Outcome = "saved" | "not-stored" | "refused" | "conflict" | "failed";

export class Draft {
  #saved = $state.raw<Settings>({});
  #values = $state<Settings>({});
  #schema = $state.raw<Schema | null>(null);
  #problems = $state.raw<Problem[]>([]);
  #message = $state("");
  #isChecking = $state(false);
  #etag: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #generation = 0;

  readonly changes = $derived<Change[]>(listChanges(this.#saved, snapshot(this.#values)));

  /** null: not loaded yet */
  get schema(): Schema | null {
    return this.#schema;
  }

  get saved(): Settings {
    return this.#saved;
  }

  /** of the last change that was looked at */
  get problems(): Problem[] {
    return this.#problems;
  }

  get hasErrors(): boolean {
    return this.#problems.some((problem) => problem.severity === "error");
  }

  /** the daemon has not yet said what it thinks of the last change */
  get isChecking(): boolean {
    return this.#isChecking;
  }

  /** why the last request failed */
  get message(): string {
    return this.#message;
  }

  get(path: Path): Json | undefined {
    return find(this.#values, path);
  }

  set(path: Path, value: Json | undefined): void {
    put(this.#values, path, value);
    this.#checkSoon();
  }

  problemsAt(path: Path): Problem[] {
    const key = keyOf(path);
    return this.#problems.filter((problem) => problem.key === key);
  }

  isChanged(path: Path): boolean {
    const key = keyOf(path);
    return this.changes.some((change) => key.startsWith(keyOf(change.path)));
  }

  /** a secret that is set: the daemon never tells it */
  isMasked(path: Path): boolean {
    return find(this.#saved, path) === MASK;
  }

  discard(): void {
    this.#values = copy(this.#saved);
    this.#message = "";
    this.#checkSoon();
  }

  /** a document from elsewhere over what is here; nothing is saved yet, and no mask for a secret */
  take(document: Settings): void {
    const shown = JSON.parse(JSON.stringify(document), (_, value: Json) => (value === MASK ? undefined : value)) as Settings;
    this.#values = merge(snapshot(this.#values), shown);
    this.#checkSoon();
  }

  async load(): Promise<void> {
    try {
      this.#schema ??= (await requestWithTag<Schema>("GET", `${PATH}/schema`)).body;
      await this.#loadValues();
      this.#message = "";
      void this.#check();
    } catch (error) {
      this.#message = (error as Error).message;
    }
  }

  // what was changed here stays on top of what is in force now
  async #loadValues(kept: readonly Change[] = []): Promise<void> {
    const answer = await requestWithTag<Settings>("GET", PATH);
    this.#etag = answer.etag;
    this.#saved = answer.body;
    this.#values = merge(answer.body, makePatch(kept));
  }

  #checkSoon(): void {
    clearTimeout(this.#timer);
    this.#isChecking = true;
    this.#timer = setTimeout(() => void this.#check(), CHECK_DELAY_MS);
  }

  async #check(): Promise<void> {
    const generation = ++this.#generation;
    let problems: Problem[] = [];
    let message = "";
    try {
      problems = (await requestWithTag<Saved>("PATCH", `${PATH}?dry_run=1`, makePatch(this.changes))).body.problems;
    } catch (error) {
      if (error instanceof ApiError && error.problems.length > 0) problems = error.problems;
      else message = (error as Error).message;
    }
    if (generation !== this.#generation) return;
    this.#problems = problems;
    this.#message = message;
    this.#isChecking = false;
  }

  save(): Promise<Outcome> {
    return this.#send(makePatch(this.changes), []);
  }

  /** one change by itself: what else is edited stays unsaved */
  saveOnly(patch: Settings): Promise<Outcome> {
    return this.#send(patch, this.changes);
  }

  async #send(patch: Settings, kept: readonly Change[]): Promise<Outcome> {
    clearTimeout(this.#timer);
    this.#generation++;
    this.#isChecking = false;
    this.#message = "";
    try {
      const answer = await requestWithTag<Saved>("PATCH", PATH, patch, this.#etag === null ? {} : { "If-Match": this.#etag });
      await this.#loadValues(kept);
      this.#problems = answer.body.problems;
      this.#message = answer.body.error ?? "";
      return answer.body.saved ? "saved" : "not-stored";
    } catch (error) {
      return this.#refuse(error as Error);
    }
  }

  async #refuse(error: Error): Promise<Outcome> {
    this.#message = error.message;
    if (!(error instanceof ApiError)) return "failed";
    if (error.status === 412) {
      await this.#loadValues(this.changes).catch(() => undefined);
      void this.#check();
      return "conflict";
    }
    if (error.problems.length === 0) return "failed";
    this.#problems = error.problems;
    return "refused";
  }
}
