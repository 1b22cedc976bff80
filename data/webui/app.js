// SPDX-License-Identifier: GPL-3.0-or-later
// The event stream says that something changed; what is shown comes from /api/v1.

const STALE_MS = 5000;      // without an event for so long, the values are old
const RETRY_MS = 2000;
const CONFIRM_MS = 3000;    // a click is shown at once, until the charger's answer or this long
const SLIDER_SEND_MS = 400; // after the last move
const UNKNOWN = "–";

const cards = new Map();    // id -> card
const link = document.getElementById("link");
const banner = document.getElementById("banner");
let site = {};
let lastEventAt = 0;
let isFetching = false;
let wantsFetch = false;

async function request(method, path, body) {
  const answer = await fetch(path, {
    method,
    cache: "no-store",
    signal: AbortSignal.timeout ? AbortSignal.timeout(8000) : undefined,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const document = await answer.json();
  if (!answer.ok)
    throw new Error(document.detail || document.error || `HTTP ${answer.status}`);
  return document;
}

// numbers for people; null is unknown and never 0

function number(value, scale, decimals, unit) {
  return value === null || value === undefined
    ? UNKNOWN : `${(value * scale).toFixed(decimals)}${unit ? ` ${unit}` : ""}`;
}

function power(w) {
  return w !== null && Math.abs(w) >= 1000 ? number(w, 0.001, 2, "kW") : number(w, 1, 0, "W");
}

function duration(seconds) {
  if (seconds === null || seconds === undefined)
    return UNKNOWN;
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
}

function money(value) {
  return value === null || value === undefined
    ? UNKNOWN : `${site.currency || ""} ${value.toFixed(2)}`.trim();
}

function describe(charger) {
  const texts = {
    name: charger.custom_name || charger.product_name || `Charger ${charger.id}`,
    status_text: charger.connected === 0 ? "Charger offline" : charger.status_text || UNKNOWN,
    power: power(charger.power_w),
    why: charger.why || "",
    limit: number(charger.limit_mA, 0.001, 1, "A"),
    session_time: duration(charger.session_time_s),
    session_energy: number(charger.session_energy_wh, 0.001, 2, "kWh"),
    session_cost: money(charger.session_cost),
    energy: number(charger.energy_wh, 0.001, 2, "kWh"),
    device: [charger.model, charger.serial && `SN ${charger.serial}`,
      charger.firmware && `FW ${charger.firmware}`].filter(Boolean).join(" · "),
  };
  if (charger.status === 2 && charger.connected !== 0 && charger.active_phases)
    texts.status_text += ` ${charger.active_phases}P`;
  for (const line of [1, 2, 3]) {
    texts[`l${line}_v`] = number(charger[`l${line}_voltage_v`], 1, 1);
    texts[`l${line}_a`] = number(charger[`l${line}_current_mA`], 0.001, 1);
    texts[`l${line}_w`] = number(charger[`l${line}_power_w`], 1, 0);
  }
  return texts;
}

// one card a charger

class Card {
  constructor(id) {
    this.id = id;
    this.charger = {};
    this.asked = {};      // field -> { value, until }: clicked, not yet confirmed
    this.sliderBusyUntil = 0;
    this.root = document.getElementById("charger").content.cloneNode(true).firstElementChild;
    this.modes = [...this.root.querySelectorAll("[data-mode]")];
    this.start = this.root.querySelector(".start");
    this.phases = this.root.querySelector(".phases");
    this.slider = this.root.querySelector("[type=range]");
    this.amps = this.root.querySelector("output");
    this.range = this.root.querySelector("small");
    this.error = this.root.querySelector(".error");
    for (const button of this.modes)
      button.addEventListener("click", () => this.ask("mode", Number(button.dataset.mode)));
    this.start.addEventListener("click",
      () => this.ask("start_stop", this.value("start_stop") === 1 ? 0 : 1));
    this.phases.addEventListener("change",
      () => this.ask("phases_set", this.phases.checked ? 3 : 1));
    this.slider.addEventListener("input", () => this.slide());
  }

  // what was clicked, while it waits for its confirmation, else what is
  value(field) {
    const asked = this.asked[field];
    if (asked !== undefined && (asked.value === this.charger[field] || asked.until < Date.now()))
      delete this.asked[field];
    return this.asked[field] ? this.asked[field].value : this.charger[field];
  }

  async ask(field, value) {
    this.asked[field] = { value, until: Date.now() + CONFIRM_MS };
    this.error.textContent = "";
    this.show();
    try {
      this.charger = await request("PATCH", `/api/v1/chargers/${encodeURIComponent(this.id)}`,
        { [field]: value });
    } catch (error) {
      delete this.asked[field];
      this.error.textContent = `Not done: ${error.message}`;
    }
    this.show();
  }

  slide() {
    this.sliderBusyUntil = Date.now() + 1500;
    this.amps.textContent = `${this.slider.value} A`;
    clearTimeout(this.sliderTimer);
    this.sliderTimer = setTimeout(
      () => this.ask("set_current_mA", Number(this.slider.value) * 1000), SLIDER_SEND_MS);
  }

  update(charger) {
    this.charger = charger;
    this.show();
  }

  show() {
    const texts = describe(this.charger);
    for (const element of this.root.querySelectorAll("[data-text]"))
      element.textContent = texts[element.dataset.text];
    for (const button of this.modes)
      button.setAttribute("aria-pressed", String(this.value("mode") === Number(button.dataset.mode)));
    const isOn = this.value("start_stop") === 1;
    this.start.textContent = isOn ? "⏹ Stop" : "▶ Start";
    this.start.classList.toggle("stopped", !isOn);
    this.start.setAttribute("aria-pressed", String(isOn));
    this.phases.checked = this.value("phases_set") === 3;
    this.phases.disabled = this.value("mode") === 1 || this.charger.phases_set === null;
    this.showSlider();
    this.root.classList.toggle("stale", this.charger.connected === 0);
  }

  showSlider() {
    const min = this.charger.min_current_mA;
    const max = this.charger.max_current_mA;
    const isKnown = min !== null && max !== null && max >= min;
    this.slider.disabled = !isKnown;
    this.range.textContent = isKnown ? `${min / 1000} to ${max / 1000} A` : "limits not known yet";
    if (!isKnown || Date.now() < this.sliderBusyUntil)
      return;
    this.slider.min = Math.ceil(min / 1000);
    this.slider.max = Math.floor(max / 1000);
    const wanted = this.value("set_current_mA");
    if (wanted !== null) {
      this.slider.value = wanted / 1000;
      this.amps.textContent = number(wanted, 0.001, 0, "A");
    }
  }
}

function showChargers(chargers) {
  const ids = new Set(chargers.map((charger) => charger.id));
  for (const [id, card] of cards)
    if (!ids.has(id)) {
      card.root.remove();
      cards.delete(id);
    }
  for (const charger of chargers) {
    if (!cards.has(charger.id)) {
      cards.set(charger.id, new Card(charger.id));
      document.getElementById("chargers").append(cards.get(charger.id).root);
    }
    cards.get(charger.id).update(charger);
  }
}

function showLink(state, text, problem) {
  link.className = `pill ${state}`;
  link.textContent = text;
  banner.hidden = !problem;
  banner.textContent = problem || "";
  document.querySelectorAll(".card").forEach(
    (card) => state !== "online" && card.classList.add("stale"));
}

// one request at a time; events that come meanwhile ask for one more
async function refresh() {
  if (isFetching) {
    wantsFetch = true;
    return;
  }
  isFetching = true;
  try {
    const [chargers, siteNow] = await Promise.all(
      [request("GET", "/api/v1/chargers"), request("GET", "/api/v1/site")]);
    site = siteNow;
    showChargers(chargers.chargers);
    showLink("online", "Online");
    document.getElementById("footer").textContent =
      `Phaeton ${site.version || ""} · ${site.driver_state || ""}`;
  } catch (error) {
    showLink("offline", "Offline", `No answer from the charger's controller, retrying. (${error.message})`);
  }
  isFetching = false;
  if (wantsFetch) {
    wantsFetch = false;
    refresh();
  }
}

let source = null;

function listen() {
  if (source !== null)
    source.close();
  source = new EventSource("/api/events");
  lastEventAt = Date.now();
  source.addEventListener("status", () => {
    lastEventAt = Date.now();
    refresh();
  });
}

// EventSource reconnects by itself, but not from every error, and does not notice a dead peer
setInterval(() => {
  if (document.hidden || Date.now() - lastEventAt < STALE_MS)
    return;
  showLink("offline", "Offline", "The values are old: no news from the controller, retrying.");
  listen();
}, RETRY_MS);

// a tab that nobody sees asks for nothing
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    listen();
  } else if (source !== null) {
    source.close();
    source = null;
  }
});

listen();
