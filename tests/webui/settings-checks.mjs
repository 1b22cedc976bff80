// SPDX-License-Identifier: GPL-3.0-or-later
// One function a check, as in checks.mjs: settings, users, system, first run.
import { DESKTOP, PHONE, check, checkEqual, findViolations, isLive, open, waitFor, withPage } from "./browser.mjs";

const PASSWORD = "correct horse battery";

async function ask(url, path, method = "GET", body = undefined) {
  const answer = await fetch(`${url}${path}`, {
    method, headers: body === undefined ? {} : { "Content-Type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  check(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

const settings = (url) => ask(url, "/api/v1/settings");
const bar = (page) => page.getByRole("region", { name: "Changes" });
const dialog = (page) => page.getByRole("dialog");
const review = (page) => bar(page).getByRole("button", { name: "Review" }).click();
const save = (page) => dialog(page).getByRole("button", { name: "Save", exact: true });

async function go(page, place) {
  await page.evaluate((to) => (location.hash = `#/${to}`), place);
}

/** a good value is saved, a bad one is refused in the daemon's words and changes nothing */
export async function savesSettings({ url }) {
  await withPage({}, async (page) => {
    await open(page, url, "settings/home");
    const target = page.getByLabel("Battery target");
    await target.fill("70");
    await page.getByLabel("Battery policy").selectOption("share");
    await review(page);
    await dialog(page).getByText("Home › Battery target").waitFor();
    checkEqual(await dialog(page).locator("del").allInnerTexts(), ["Car first", "80 %"], "what was");
    checkEqual(await dialog(page).locator("ins").allInnerTexts(), ["Share", "70 %"], "what will be");
    await save(page).click();
    await waitFor(async () => (await settings(url)).home.battery_target_soc_percent === 70, "saved");
    await bar(page).waitFor({ state: "detached" });

    await target.fill("170");
    const words = page.getByText("\"170\" is out of range; a number from 0 to 100 %");
    await words.first().waitFor();
    checkEqual(await target.getAttribute("aria-invalid"), "true", "marked");
    await review(page);
    check(await save(page).isDisabled(), "a bad value cannot be saved");
    await dialog(page).getByRole("button", { name: "Back" }).click();
    await bar(page).getByRole("button", { name: "Discard" }).click();
    checkEqual(await target.inputValue(), "70", "discarded");
    await words.first().waitFor({ state: "detached" });
    checkEqual((await settings(url)).home.battery_target_soc_percent, 70, "nothing was changed");

    await go(page, "settings/general");
    await page.getByText("needs a restart").waitFor();
    await page.getByLabel("Search the settings").fill("curtailed sun");
    await page.getByRole("switch", { name: "Probe curtailed sun" }).waitFor();
  });
}

/** lists, days, times and maps by id; each saved as the daemon understands it */
export async function savesLists({ url }) {
  await withPage({ viewport: PHONE }, async (page) => {
    await open(page, url, "settings/circuits");
    await page.getByLabel("Short name of a new one").fill("main");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("spinbutton", { name: "Fuse", exact: true }).fill("25000");
    await go(page, "settings/pricing");
    await page.getByRole("button", { name: "Add: Rules of the tariff" }).click();
    const rule = page.getByRole("group", { name: "Rules of the tariff 1" });
    await rule.getByLabel("Price per kWh").fill("0.12");
    await rule.getByLabel("To", { exact: true }).fill("06:00");
    await rule.getByRole("button", { name: "Sunday" }).click();
    await review(page);
    await save(page).click();
    await waitFor(async () => (await settings(url)).circuits.main?.fuse_milliamps[0] === 25000, "the circuit");
    const [saved] = (await settings(url)).pricing.rules;
    checkEqual([saved.price_per_kwh, saved.end_time, saved.days], [0.12, "06:00", [0, 1, 2, 3, 4, 5]], "the rule");
    await bar(page).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Remove Rules of the tariff 1" }).click();
    await go(page, "settings/circuits");
    await page.getByRole("button", { name: "Remove Circuits: main" }).click();
    await review(page);
    await save(page).click();
    await waitFor(async () => Object.keys((await settings(url)).circuits).length === 0, "the circuit is gone");
    checkEqual((await settings(url)).pricing.rules, [], "the rule is gone");
  });
}

/** who saves over somebody else's change is told, and loses neither */
export async function seesConflicts({ url }) {
  await withPage({}, async (page) => {
    await open(page, url, "settings/home");
    await page.getByLabel("Low battery").fill("12");
    await ask(url, "/api/v1/settings", "PATCH", { home: { battery_assist_soc_percent: 91 } });
    await review(page);
    await save(page).click();
    await dialog(page).getByText("Somebody else changed the settings").waitFor();
    checkEqual((await settings(url)).home.low_soc_percent, 10, "not overwritten");
    await save(page).click();
    await waitFor(async () => (await settings(url)).home.low_soc_percent === 12, "saved at the second try");
    checkEqual((await settings(url)).home.battery_assist_soc_percent, 91, "and theirs is there");
    checkEqual(await page.getByLabel("Battery assist above").inputValue(), "91", "and shown");
  });
}

export async function importsSettings({ url }) {
  await withPage({}, async (page) => {
    await open(page, url, "settings/transfer");
    const exported = await (await fetch(await page.getByRole("link", { name: "Export", exact: true }).getAttribute("href"))).json();
    exported.history.minutes_days = 20;
    const file = (text) => ({ name: "phaeton-settings.json", mimeType: "application/json", buffer: Buffer.from(text) });
    const input = page.getByLabel("Import a file");
    await input.setInputFiles(file("{no"));
    await page.getByText("The file is not JSON").waitFor();
    await input.setInputFiles(file(JSON.stringify(exported)));
    await page.getByText("1 change is not saved").waitFor();
    await review(page);
    await save(page).click();
    await waitFor(async () => (await settings(url)).history.minutes_days === 20, "imported");
  });
}

/** a second socket: asked before it is saved, then it answers */
export async function addsChargers({ url }) {
  const { ip, port } = (await settings(url)).modbus;
  await withPage({}, async (page) => {
    await open(page, url, "settings/chargers");
    await page.getByRole("button", { name: "Add a charger" }).click();
    const form = dialog(page);
    await form.getByLabel("Address").fill(ip);
    await form.getByLabel("Port").fill("1"); // a test does not ask those of other services
    await form.getByRole("button", { name: "Test the connection" }).click();
    await form.getByText("a test asks port 502").waitFor();
    await form.getByLabel("Port").fill("65535");
    await form.getByRole("button", { name: "Test the connection" }).click();
    await form.getByText("It does not answer").waitFor();
    await form.getByLabel("Port").fill(String(port));
    await form.getByLabel("Socket").fill("2");
    await form.getByLabel("Name").fill("Right");
    await form.getByRole("button", { name: "Test the connection" }).click();
    await form.getByText("It answers", { exact: true }).waitFor();
    await form.getByText("ACE0402633").waitFor();
    await form.getByText("Voltage").waitFor();
    check(!("2" in ((await settings(url)).chargers ?? {})), "a test sets nothing");
    await form.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("link", { name: /Right.* answers/ }).click();
    await page.getByRole("heading", { name: "Right" }).waitFor();
    await page.getByText("Controls & Safety").click();
    await page.getByRole("button", { name: "Set for this charger: Maximum set current" }).click();
    await page.getByLabel("Maximum set current").fill("10");
    await review(page);
    await dialog(page).getByText("Charger 2 › Controls & Safety › Maximum set current").waitFor();
    await save(page).click();
    await waitFor(async () => (await ask(url, "/api/v1/chargers/2")).max_current_mA === 10000, "its own limit");
    await page.getByRole("button", { name: "Remove this charger" }).click();
    await review(page);
    await save(page).click();
    await waitFor(async () => (await ask(url, "/api/v1/site")).chargers.length === 1, "removed");
  });
}

/** chargers that all have a name: what they share has its own place */
export async function setsForAllChargers({ url }) {
  const { ip, port } = (await settings(url)).modbus;
  await ask(url, "/api/v1/settings", "PATCH", { modbus: null, chargers: { left: { modbus: { ip, port } } } });
  await withPage({}, async (page) => {
    await open(page, url, "settings/chargers");
    await page.getByRole("link", { name: "All chargers" }).click();
    await page.getByText("Controls & Safety").click();
    await page.getByLabel("Maximum set current").fill("12");
    await review(page);
    await dialog(page).getByText("All chargers › Controls & Safety › Maximum set current").waitFor();
    await save(page).click();
    await waitFor(async () => (await ask(url, "/api/v1/chargers/left")).max_current_mA === 12000, "inherited");
  });
}

export async function managesAccess({ url }) {
  await withPage({}, async (page) => {
    await open(page, url, "settings/access");
    await page.getByRole("button", { name: "Add a user" }).click();
    await dialog(page).getByLabel("User").fill("ann");
    await dialog(page).getByLabel("Role").selectOption("admin");
    await dialog(page).getByLabel("Password").fill("short");
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await dialog(page).locator(".error").waitFor();
    await dialog(page).getByLabel("Password").fill(PASSWORD);
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await page.getByRole("combobox", { name: "Role of ann" }).waitFor();
    await page.getByRole("button", { name: "Add a user" }).click();
    await dialog(page).getByLabel("User").fill("bob");
    await dialog(page).getByLabel("Password").fill(PASSWORD);
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await page.getByRole("combobox", { name: "Role of bob" }).selectOption("driver");
    await waitFor(async () => (await ask(url, "/api/v1/users")).users.some((one) => one.name === "bob" && one.role === "driver"), "role");
    await page.getByRole("combobox", { name: "Role of ann" }).selectOption("viewer");
    await page.getByText(/^Not done: /).waitFor();
    await waitFor(async () => (await page.getByRole("combobox", { name: "Role of ann" }).inputValue()) === "admin", "the last admin stays");
    const bob = page.getByRole("listitem").filter({ hasText: "bob" });
    await bob.getByRole("button", { name: "New password" }).click();
    await dialog(page).getByLabel("Password").fill(`${PASSWORD} 2`);
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await dialog(page).waitFor({ state: "hidden" });
    const login = { user: "bob", password: `${PASSWORD} 2` };
    checkEqual((await ask(url, "/api/v1/login", "POST", login)).role, "driver", "the new password");
    await bob.getByRole("button", { name: "Remove bob" }).click();
    await dialog(page).getByRole("button", { name: "Remove", exact: true }).click();
    await waitFor(async () => (await ask(url, "/api/v1/users")).users.length === 1, "gone");

    await page.getByRole("button", { name: "Make a token" }).click();
    await dialog(page).getByLabel("Name").fill("dashboard");
    await dialog(page).getByRole("button", { name: "Make it" }).click();
    const secret = await dialog(page).locator("code").innerText();
    const headers = { Authorization: `Bearer ${secret}`, "X-Forwarded-For": "203.0.113.9" };
    checkEqual((await fetch(`${url}/api/status`, { headers })).status, 200, "the token works");
    await dialog(page).getByRole("button", { name: "Done" }).click();
    checkEqual(await page.getByText(secret).count(), 0, "shown once");
    await page.getByRole("button", { name: "Revoke dashboard" }).click();
    await dialog(page).getByRole("button", { name: "Remove", exact: true }).click();
    await waitFor(async () => (await fetch(`${url}/api/status`, { headers })).status === 401, "revoked");
  });
}

export async function showsSystem({ url, ask: askHouse }) {
  await withPage({}, async (page) => {
    await open(page, url, "system");
    await page.getByText("Works", { exact: true }).waitFor();
    await page.getByRole("row", { name: /Charger 1 .*answers/ }).waitFor();
    await page.getByText("Built from source").waitFor();
    const lines = page.getByRole("log").locator("p");
    const levels = () => page.getByRole("log").locator("b").allInnerTexts();
    await page.getByText("Live", { exact: true }).nth(1).waitFor();
    await waitFor(async () => (await levels()).includes("INFO"), "lines");
    check(!(await levels()).includes("DEBUG"), "no details yet");
    await page.getByLabel("Level").selectOption("DEBUG");
    await waitFor(async () => (await levels()).includes("DEBUG"), "details");
    await page.getByLabel("Part").selectOption("controller");
    await page.getByLabel("Charger").selectOption("1");
    await waitFor(async () => {
      const areas = await page.getByRole("log").locator(".area").allInnerTexts();
      return areas.length > 0 && areas.every((area) => area === "controller[1]");
    }, "only that part and charger");
    const before = await lines.count();
    await ask(url, "/api/v1/chargers/1", "PATCH", { mode: 0, start_stop: 1, set_current_mA: 9000 });
    await waitFor(async () => (await lines.count()) > before, "a new line comes by itself");
    await page.getByLabel("With the words").fill("9.0 A");
    await waitFor(async () => (await lines.count()) >= 1 && (await lines.allInnerTexts()).every((text) => text.includes("9.0 A")), "words");
    await askHouse("end-sim");
    await page.getByRole("row", { name: /Charger 1 .*unknown/ }).waitFor();
    await page.getByRole("row", { name: /Charger 1 .*(refused|timed out|closed|connect)/i }).waitFor();
    await page.getByText("Works, with remarks").waitFor();
    await askHouse("start-sim");
    await page.getByRole("row", { name: /Charger 1 .*answers/ }).waitFor();
  });
}

const KINDS = [{ viewport: DESKTOP, colorScheme: "light" }, { viewport: PHONE, colorScheme: "dark" }];
const PLACES = ["settings", "settings/general", "settings/circuits", "settings/chargers/1", "settings/access", "settings/transfer", "system"];

/** what lies below a screen, dialogs too */
export async function accessibleSettings({ url }) {
  const found = [];
  for (const kind of KINDS)
    await withPage(kind, async (page) => {
      const look = async (what) => found.push(...(await findViolations(page)).map((text) => `${what}, ${kind.colorScheme}: ${text}`));
      await open(page, url, "settings");
      for (const place of PLACES) {
        await go(page, place);
        await waitFor(async () => !(await page.locator("main").innerText()).includes("Loading…"), place);
        await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
        await look(place);
        checkEqual(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${place} is too wide`);
      }
      await go(page, "settings/circuits");
      await page.getByLabel("Short name of a new one").fill("main");
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await page.getByRole("group", { name: "Circuits: main" }).waitFor();
      await look("a circuit");
      await review(page);
      await look("what changes");
      await dialog(page).getByRole("button", { name: "Back" }).click();
      await bar(page).getByRole("button", { name: "Discard" }).click();
      await go(page, "settings/chargers");
      await page.getByRole("button", { name: "Add a charger" }).click();
      await look("a new charger");
    });
  checkEqual(found, [], "violations");
}

/** from nothing: no file, no charger, no password */
export async function setsUpFromNothing({ url, ip, port }) {
  await withPage({ viewport: PHONE }, async (page) => {
    await open(page, url);
    await page.getByText("Welcome: set up your charger").waitFor();
    checkEqual(await findViolations(page), [], "violations at the first step");
    await page.getByLabel("Address").fill(ip);
    await page.getByLabel("Port").fill(String(port));
    await page.getByLabel("Name").fill("Carport");
    await page.getByRole("button", { name: "Test the connection" }).click();
    await page.getByText("It answers", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Victron system found").waitFor();
    await waitFor(async () => (await page.getByLabel("Most that the car may take").inputValue()) === "16", "what the station may");
    await page.getByLabel("Main fuse, each phase").fill("35");
    checkEqual(await findViolations(page), [], "violations at the second step");
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByLabel("User").fill("ann");
    await page.getByLabel("Password").fill(PASSWORD);
    checkEqual(await findViolations(page), [], "violations at the last step");
    await page.getByRole("button", { name: "Set the password and finish" }).click();
    await page.getByRole("heading", { name: "Carport" }).waitFor();
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("radio", { name: "Manual" }).check({ force: true });
    await waitFor(async () => (await ask(url, "/api/v1/chargers/1")).power_w > 1000, "the car charges");
    await page.locator(".state.charging").waitFor();
    const saved = await settings(url);
    checkEqual([saved.modbus.port, saved.circuits.main.fuse_milliamps[2], saved.circuits.main.meter, saved.circuit],
      [port, 35000, "grid", "main"], "what was set");
    checkEqual((await ask(url, "/api/v1/users")).users, [{ name: "ann", role: "admin" }], "the first admin");
  });
}

export async function setsUpWithoutVictron({ url, ip, port }) {
  await withPage({}, async (page) => {
    await open(page, url);
    await page.getByLabel("Address").fill(ip);
    await page.getByLabel("Port").fill(String(port));
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("No Victron system found").waitFor();
    await page.getByLabel("Most that the car may take").fill("13");
    await page.getByLabel("Main fuse, each phase").fill("20");
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("button", { name: "Finish without a password" }).click();
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("slider").press("End");
    await waitFor(async () => {
      const { limit_mA, set_current_mA } = await ask(url, "/api/v1/chargers/1");
      return set_current_mA === 13000 && limit_mA >= 6000 && limit_mA <= 10000;
    }, "less than 20 A without 10 A of the house");
    checkEqual((await settings(url)).require_dbus, false, "the bus is not needed");
  });
}

/** from elsewhere the code of log and command line opens the door, then there is a login */
export async function setsFirstPassword({ url, code }) {
  const prepare = (_, context) => context.setExtraHTTPHeaders({ "X-Forwarded-For": "203.0.113.9" });
  await withPage({ prepare }, async (page, context) => {
    await page.goto(`${url}/ui/`);
    await page.getByRole("heading", { name: "First password" }).waitFor();
    checkEqual(await findViolations(page), [], "violations");
    await page.getByLabel("Setup code").fill("AAAAA-AAAAA");
    await page.getByLabel("User").fill("ann");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.locator(".error").waitFor();
    await page.getByLabel("Setup code").fill(code);
    await page.getByRole("button", { name: "Set the password" }).click();
    await isLive(page);
    await context.clearCookies();
    await page.reload();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    checkEqual(await findViolations(page), [], "violations");
    await page.getByLabel("User").fill("ann");
    await page.getByLabel("Password").fill("wrong wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.locator(".error").waitFor();
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Log in" }).click();
    await isLive(page);
  });
}
