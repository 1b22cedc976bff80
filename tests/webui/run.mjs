// SPDX-License-Identifier: GPL-3.0-or-later
// Drives the page in a real browser. tests/integration/test_webui.py starts this once, and sends
// one line of JSON for each check: {"check": NAME, "url": URL}. The answer is {"error": null or
// text}; before it may come {"ask": [WORD, ...]}, what the house is to do, answered by one line.
import { createInterface } from "node:readline";
import { closeBrowser } from "./browser.mjs";
import * as screens from "./checks.mjs";
import * as settings from "./settings-checks.mjs";

const checks = { ...screens, ...settings };

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => JSON.parse((await lines.next()).value);
const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

async function ask(...words) {
  write({ ask: words });
  const answer = await read();
  if (answer.error) throw new Error(answer.error);
  return answer.value;
}

for (;;) {
  const next = await lines.next();
  if (next.done) break;
  const { check, url, ...options } = JSON.parse(next.value);
  let error = null;
  let notes = [];
  try {
    notes = (await checks[check]({ url, ask, ...options })) ?? [];
  } catch (problem) {
    error = problem.stack ?? String(problem);
  }
  write({ error, notes });
}
await closeBrowser();
process.exit(0);
