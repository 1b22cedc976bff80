// SPDX-License-Identifier: GPL-3.0-or-later
// Shows /openapi.json: operations by group, what they take and answer, and a form to try each.
"use strict";

const MAX_EVENTS = 20; // of a stream that are shown
let api;

// make("p", { className: "soft" }, "text", node ...): everything becomes nodes, never markup
function make(name, properties, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key.includes("-") || key === "for" || key === "role") node.setAttribute(key, value);
    else node[key] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// the little of Markdown that the document uses: `code`, **strong**, *emphasis*
function prose(text) {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*]+\*)/);
  return parts.map((part) => {
    if (part.startsWith("`")) return make("code", {}, part.slice(1, -1));
    if (part.startsWith("**")) return make("strong", {}, part.slice(2, -2));
    if (part.startsWith("*")) return make("em", {}, part.slice(1, -1));
    return part;
  });
}

function paragraphs(text) {
  return (text || "").trim().split(/\n\s*\n/).filter(Boolean)
    .map((paragraph) => make("p", {}, ...prose(paragraph)));
}

function resolve(item) {
  while (item && item.$ref)
    item = item.$ref.slice(2).split("/").reduce(
      (at, step) => at[step.replaceAll("~1", "/").replaceAll("~0", "~")], api);
  return item || {};
}

// schemas

function getName(schema) {
  return schema.$ref ? schema.$ref.split("/").pop() : null;
}

function describeType(schema) {
  if (schema.$ref) return getName(schema);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.oneOf) return schema.oneOf.map(describeType).join(" | ");
  if (schema.items) return `list of ${describeType(schema.items)}`;
  const types = [schema.type || "anything"].flat().join(" | ");
  const limits = [];
  if (schema.format) limits.push(schema.format);
  for (const [key, word] of [["minimum", "from"], ["maximum", "to"], ["minLength", "at least"],
    ["maxLength", "at most"], ["pattern", "like"]])
    if (schema[key] !== undefined) limits.push(`${word} ${schema[key]}`);
  return limits.length ? `${types} (${limits.join(", ")})` : types;
}

// all properties, those of the parts of an allOf too
function collect(schema, into = { properties: {}, required: new Set() }) {
  const whole = resolve(schema);
  (whole.allOf || []).forEach((part) => collect(part, into));
  Object.assign(into.properties, whole.properties);
  (whole.required || []).forEach((name) => into.required.add(name));
  return into;
}

// the schema below this one that has something to show; null: none
function getInner(schema) {
  const whole = resolve(schema);
  const inner = whole.items || whole.additionalProperties;
  if (inner && typeof inner === "object") return inner;
  return null;
}

function isDeep(schema) {
  return Object.keys(collect(schema).properties).length > 0 || getInner(schema) !== null ||
    resolve(schema).oneOf !== undefined;
}

// opened on demand, because schemas may contain themselves
function deeper(title, schema) {
  const details = make("details", {}, make("summary", {}, title));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(...showSchema(schema));
  });
  return details;
}

function showRow(name, schema, isRequired) {
  const whole = resolve(schema);
  const text = [whole.description, whole.default !== undefined
    ? `Default: ${JSON.stringify(whole.default)}` : null].filter(Boolean).join(". ");
  return make("tr", {},
    make("th", { scope: "row" }, make("code", {}, name), isRequired ? "" : " (optional)"),
    make("td", {}, isDeep(schema) ? deeper(describeType(schema), schema) : describeType(schema)),
    make("td", {}, ...prose(text)));
}

function showSchema(schema) {
  const whole = resolve(schema);
  const { properties, required } = collect(schema);
  const names = Object.keys(properties);
  const shown = whole.description ? [make("p", { className: "soft" }, ...prose(whole.description))]
    : [];
  if (names.length > 0)
    shown.push(make("div", { className: "scroll" }, make("table", {},
      make("thead", {}, make("tr", {}, ...["Name", "Type", "Meaning"].map(
        (title) => make("th", { scope: "col" }, title)))),
      make("tbody", {}, ...names.map(
        (name) => showRow(name, properties[name], required.has(name)))))));
  if (whole.oneOf) whole.oneOf.forEach((part) => shown.push(deeper(describeType(part), part)));
  const inner = getInner(schema);
  if (inner) shown.push(deeper(`each: ${describeType(inner)}`, inner));
  if (shown.length === 0 || (shown.length === 1 && whole.description))
    shown.push(make("p", {}, make("code", {}, describeType(whole))));
  return shown;
}

function makeExample(schema, depth = 0) {
  const whole = resolve(schema);
  if (whole.examples) return whole.examples[0];
  if (whole.const !== undefined) return whole.const;
  if (whole.default !== undefined) return whole.default;
  if (whole.enum) return whole.enum[0];
  if (whole.oneOf) return makeExample(whole.oneOf[0], depth);
  const { properties, required } = collect(schema);
  if (Object.keys(properties).length > 0 && depth < 4)
    return Object.fromEntries(Object.entries(properties)
      .filter(([name]) => required.has(name) || required.size === 0)
      .map(([name, part]) => [name, makeExample(part, depth + 1)]));
  switch ([whole.type].flat()[0]) {
    case "array": return depth < 4 && whole.items ? [makeExample(whole.items, depth + 1)] : [];
    case "integer": return whole.minimum || 0;
    case "number": return 0;
    case "boolean": return true;
    case "string": return "";
    default: return {};
  }
}

// what an operation takes and answers

function showContent(content) {
  return Object.entries(content || {}).flatMap(([type, media]) => {
    const shown = [make("p", {}, make("code", {}, type))];
    for (const [name, schema] of Object.entries(media["x-events"] || {}))
      shown.push(deeper(`event ${name}: ${describeType(schema)}`, schema));
    if (media.schema && !media["x-events"]) shown.push(...showSchema(media.schema));
    if (media.schema && type.includes("json") && isDeep(media.schema)) {
      const details = make("details", {}, make("summary", {}, "Example"));
      details.append(make("pre", { tabIndex: 0 },
        JSON.stringify(makeExample(media.schema), null, 2)));
      shown.push(details);
    }
    return shown;
  });
}

function showParameters(parameters) {
  if (parameters.length === 0) return [];
  return [make("h4", {}, "Parameters"), make("div", { className: "scroll" }, make("table", {},
    make("thead", {}, make("tr", {}, ...["Name", "Where", "Type", "Meaning"].map(
      (title) => make("th", { scope: "col" }, title)))),
    make("tbody", {}, ...parameters.map((parameter) => make("tr", {},
      make("th", { scope: "row" }, make("code", {}, parameter.name),
        parameter.required ? "" : " (optional)"),
      make("td", {}, parameter.in),
      make("td", {}, describeType(resolve(parameter.schema))),
      make("td", {}, ...prose(parameter.description || "")))))))];
}

function showAnswers(responses) {
  return [make("h4", {}, "Answers"), ...Object.entries(responses).map(([status, reference]) => {
    const response = resolve(reference);
    return make("details", {},
      make("summary", {}, make("strong", {}, status), " ", ...prose(response.description)),
      ...showContent(response.content));
  })];
}

function describeRole(operation) {
  const roles = (operation.security || []).flatMap((way) => Object.values(way).flat());
  return roles.length ? `Needs the role ${roles[0]}.` : "Needs no login.";
}

// trying it

function makeField(parameter, id) {
  const schema = resolve(parameter.schema);
  const field = schema.enum
    ? make("select", { id, name: parameter.name }, make("option", { value: "" }, "—"),
      ...schema.enum.map((value) => make("option", { value }, String(value))))
    : make("input", { id, name: parameter.name, placeholder: String((schema.examples || [""])[0]) });
  field.required = Boolean(parameter.required);
  field.dataset.in = parameter.in;
  return make("p", {}, make("label", { for: id }, parameter.name), field);
}

function buildRequest(method, path, form) {
  const query = new URLSearchParams();
  const headers = {};
  for (const field of form.querySelectorAll("[data-in]")) {
    if (field.value === "") continue;
    if (field.dataset.in === "path")
      path = path.replace(`{${field.name}}`,
        field.value.split("/").map(encodeURIComponent).join("/"));
    else if (field.dataset.in === "query") query.set(field.name, field.value);
    else headers[field.name] = field.value;
  }
  const text = form.querySelector("textarea");
  const options = { method: method.toUpperCase(), headers, redirect: "manual" };
  if (text) {
    options.body = text.value;
    headers["Content-Type"] = text.dataset.type;
  }
  return [query.size ? `${path}?${query}` : path, options];
}

async function ask(address, options, output) {
  const begun = performance.now();
  const answer = await fetch(address, options);
  const type = answer.headers.get("Content-Type") || "";
  let text = type.startsWith("image/") ? "(a picture)" : await answer.text();
  if (type.includes("json"))
    try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* shown as it came */ }
  const head = answer.type === "opaqueredirect" ? "to another address"
    : `${answer.status} ${answer.statusText}`;
  output.textContent = `${options.method} ${address}\n${head}, ` +
    `${Math.round(performance.now() - begun)} ms\n${type}\n\n${text}`;
}

function listen(address, names, output, button) {
  const source = new EventSource(address);
  const shown = [];
  const stop = () => {
    source.close();
    button.textContent = "Listen";
    button.onclick = null;
  };
  const add = (line) => {
    shown.unshift(line);
    shown.length = Math.min(shown.length, MAX_EVENTS);
    output.textContent = shown.join("\n\n");
  };
  for (const name of names)
    source.addEventListener(name, (event) => add(
      `${name} ${event.lastEventId}\n${event.data}`));
  source.onerror = () => { add("the stream ended"); stop(); };
  button.textContent = "Stop";
  button.onclick = (event) => { event.preventDefault(); stop(); };
}

function getStream(operation) {
  return (resolve(operation.responses["200"]).content || {})["text/event-stream"];
}

function makeForm(method, path, operation, parameters) {
  const id = operation.operationId;
  const body = operation.requestBody && Object.entries(operation.requestBody.content)[0];
  const stream = getStream(operation);
  const button = make("button", {}, stream ? "Listen" : "Send");
  const output = make("pre", { hidden: true, tabIndex: 0, role: "status",
    "aria-label": "Answer" });
  const form = make("form", {}, make("h4", {}, "Try it"),
    ...parameters.map((parameter) => makeField(parameter, `${id}-${parameter.name}`)));
  if (body)
    form.append(make("p", {}, make("label", { for: `${id}-body` }, "Body"), make("textarea", {
      id: `${id}-body`, rows: 6, spellcheck: false,
      value: JSON.stringify(makeExample(body[1].schema), null, 2) })));
  if (body) form.querySelector("textarea").dataset.type = body[0];
  if (method !== "get") { // what changes something is asked for twice
    const sure = make("input", { type: "checkbox", id: `${id}-sure` });
    button.disabled = true;
    sure.onchange = () => { button.disabled = !sure.checked; };
    form.append(make("p", {}, sure, " ",
      make("label", { for: sure.id }, "Yes, this changes something here")));
    form.addEventListener("submit", () => { sure.checked = false; button.disabled = true; });
  }
  form.append(make("p", {}, button));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [address, options] = buildRequest(method, path, form);
    output.hidden = false;
    if (stream) listen(address, Object.keys(stream["x-events"]), output, button);
    else ask(address, options, output).catch((error) => { output.textContent = String(error); });
  });
  return [form, output];
}

// the page

function showOperation(method, path, operation) {
  const parameters = (operation.parameters || []).map(resolve);
  const details = make("details", { className: "operation", id: operation.operationId },
    make("summary", {}, make("span", { className: `method ${method}` }, method), " ",
      make("code", {}, path), " ", make("span", { className: "soft" }, operation.summary)));
  details.dataset.text = [method, path, operation.operationId, operation.summary,
    operation.description].join(" ").toLowerCase();
  details.addEventListener("toggle", () => {
    if (!details.open || details.childElementCount > 1) return;
    details.append(make("div", {}, ...paragraphs(operation.description),
      make("p", { className: "soft" }, describeRole(operation)),
      ...showParameters(parameters),
      ...(operation.requestBody
        ? [make("h4", {}, "Body"), ...showContent(operation.requestBody.content)] : []),
      ...showAnswers(operation.responses), ...makeForm(method, path, operation, parameters)));
  });
  return details;
}

function showGroup(tag) {
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).filter(([, operation]) => operation.tags.includes(tag.name))
      .map(([method, operation]) => showOperation(method, path, operation)));
  return make("section", { "aria-labelledby": `tag-${tag.name}` },
    make("h2", { id: `tag-${tag.name}` }, tag.name), make("p", {}, ...prose(tag.description)),
    ...operations);
}

function filterOperations() {
  const wanted = document.getElementById("filter").value.toLowerCase();
  let shown = 0;
  for (const section of document.querySelectorAll("#operations section")) {
    section.hidden = true;
    for (const operation of section.querySelectorAll(".operation")) {
      operation.hidden = !operation.dataset.text.includes(wanted);
      shown += !operation.hidden;
      section.hidden &&= operation.hidden;
    }
  }
  document.getElementById("count").textContent = `${shown} operations`;
}

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) target.open = true;
  if (target) target.scrollIntoView();
}

async function start() {
  api = await (await fetch("/openapi.json")).json();
  document.getElementById("version").textContent = `Version ${api.info.version}. ${api.info.summary}`;
  document.getElementById("about").append(...paragraphs(api.info.description));
  document.getElementById("groups").append(make("ul", {}, ...api.tags.map((tag) =>
    make("li", {}, make("a", { href: `#tag-${tag.name}` }, tag.name)))));
  document.getElementById("operations").append(...api.tags.map(showGroup));
  document.getElementById("filter").addEventListener("input", filterOperations);
  addEventListener("hashchange", openTarget);
  filterOperations();
  openTarget();
}

start().catch((error) => {
  document.getElementById("about").append(make("p", { role: "alert" },
    `The document cannot be shown: ${error.message}`));
});
