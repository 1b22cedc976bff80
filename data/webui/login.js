// SPDX-License-Identifier: GPL-3.0-or-later
// Logging in, and the first password of all.

const form = document.getElementById("login");
const problem = document.getElementById("problem");
let isSetup = false;

function show(text) {
  problem.textContent = text;
  problem.hidden = text === "";
}

async function begin() {
  const session = await (await fetch("/api/v1/session")).json();
  if (session.role !== "none" && !session.setup_needed) {
    location.replace("/ui/index.html");
    return;
  }
  isSetup = session.setup_needed;
  document.getElementById("title").textContent = isSetup ? "First password" : "Log in";
  document.getElementById("hint").hidden = !isSetup;
  document.getElementById("code-row").hidden = !isSetup;
  form.elements.password.autocomplete = isSetup ? "new-password" : "current-password";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  show("");
  const body = { user: form.elements.user.value, password: form.elements.password.value };
  if (isSetup) body.code = form.elements.code.value.trim();
  try {
    const answer = await fetch(isSetup ? "/api/v1/setup" : "/api/v1/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok) location.replace("/ui/index.html");
    else show((await answer.json()).detail);
  } catch {
    show("The server does not answer.");
  }
});

begin().catch(() => show("The server does not answer."));
