// SPDX-License-Identifier: GPL-3.0-or-later
import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(`${process.env.PHAETON_BUILDDIR}/webui/node_modules/`);
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
export const DESKTOP = { width: 1280, height: 860 };
export const PHONE = { width: 390, height: 844 };
export const DEADLINE_MS = 30_000;

let browser = null;
let folder = null;

async function launch() {
  if (browser === null) {
    folder = mkdtempSync(join(tmpdir(), "phaeton-browser-"));
    browser = await chromium.launch({
      executablePath: process.env.PHAETON_CHROMIUM, args: FLAGS, env: { ...process.env, HOME: folder },
    });
  }
  return browser;
}

export async function closeBrowser() {
  await browser?.close();
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
}

/** a page of its own visitor; what goes wrong in it fails the check that closes it */
export async function withPage({ viewport = DESKTOP, colorScheme = "light", locale = "en-GB", prepare }, use) {
  const context = await (await launch()).newContext({ viewport, colorScheme, locale });
  const page = await context.newPage();
  const problems = [];
  page.setDefaultTimeout(DEADLINE_MS);
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy|Uncaught/.test(message.text())) problems.push(message.text());
  });
  try {
    await prepare?.(page, context);
    const result = await use(page, context);
    if (problems.length > 0) throw new Error(`the page said: ${problems.join("; ")}`);
    return result;
  } finally {
    await context.close();
  }
}

export function check(condition, message) {
  if (!condition) throw new Error(message);
}

export function checkEqual(actual, expected, what) {
  check(JSON.stringify(actual) === JSON.stringify(expected),
    `${what}: ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
}

export async function waitFor(condition, what, deadlineMs = DEADLINE_MS) {
  const end = Date.now() + deadlineMs;
  let last;
  for (;;) {
    try {
      last = await condition();
      if (last) return last;
    } catch (error) {
      last = error.message;
    }
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what} (last: ${JSON.stringify(last)})`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const isLive = (page) => page.locator(".link.live").waitFor();

export async function open(page, url, screen = "now") {
  await page.goto(`${url}/ui/#/${screen}`);
  await isLive(page);
}

export async function findViolations(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE); // as the page's policy forbids a script element
  const violations = await page.evaluate(async () => (await window.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
  })).violations);
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
}
