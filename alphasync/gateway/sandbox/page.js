"use strict";

// Newest first, and only so many: the whole list is at /deliveries.
const SHOWN = 200;
const REFRESH_MS = 1000;

const form = document.getElementById("switches");
const outcome = document.getElementById("outcome");
const rows = document.getElementById("rows");

// Texts of messages come from anywhere, so they only ever become text nodes.
function cell(text) {
  const td = document.createElement("td");
  td.textContent = text;
  return td;
}

function row(delivery) {
  const tr = document.createElement("tr");
  tr.append(
    cell(new Date(delivery.at).toLocaleTimeString()),
    cell(delivery.profileId),
    cell(delivery.type),
    cell(delivery.recipientId),
    cell(delivery.message),
    cell(delivery.attachments.map((attachment) => attachment.title).join(", ")),
  );
  tr.title = delivery.idempotencyKey ? `Idempotency-Key: ${delivery.idempotencyKey}` : "";
  return tr;
}

let shownText = "";

async function refresh() {
  try {
    const response = await fetch(`deliveries?last=${SHOWN}`, { cache: "no-store" });
    const text = await response.text();
    const total = response.headers.get("X-Total-Count");
    document.getElementById("total").textContent = total;
    if (text !== shownText) {
      shownText = text;
      const deliveries = JSON.parse(text).reverse();
      rows.replaceChildren(...deliveries.map(row));
      document.getElementById("empty").hidden = deliveries.length > 0;
    }
  } catch {
    document.getElementById("total").textContent = "(the sandbox does not answer)";
  }
}

async function keepRefreshing() {
  if (!document.hidden) await refresh();
  setTimeout(keepRefreshing, REFRESH_MS);
}

function shareText(share) {
  return Number.isInteger(share) ? share.toFixed(1) : String(share);
}

function fill(faults) {
  for (const input of form.elements) {
    if (!input.name) continue;
    const [name, part] = input.name.split(".");
    const value = part ? faults[name]?.[part] : faults[name];
    if (input.type === "checkbox") input.checked = Boolean(value);
    else if (name === "refuse") input.value = Array.isArray(value) ? value.join(", ") : shareText(value);
    else input.value = value ?? "";
  }
}

function number(name) {
  const text = form.elements[name].value.trim();
  return text === "" ? undefined : Number(text);
}

function refused(text) {
  // "0.1" is a share, "1" a recipient.
  if (/^\d*\.\d+$/.test(text.trim())) return Number(text);
  return text.split(",").map((id) => id.trim()).filter(Boolean);
}

// A group of switches is on when its "every nth" is filled in.
function group(name, numbers, tick) {
  if (number(`${name}.everyNth`) === undefined) return null;
  const values = Object.fromEntries(numbers.map((part) => [part, number(`${name}.${part}`)]));
  if (tick) values[tick] = form.elements[`${name}.${tick}`].checked;
  return values;
}

function read() {
  return {
    latency: number("latency"),
    refuse: refused(form.elements.refuse.value),
    rateLimit: group("rateLimit", ["everyNth", "retryAfter"]),
    errors: group("errors", ["everyNth", "status"], "afterRecording"),
    drop: group("drop", ["everyNth"], "afterRecording"),
    status: number("status") ?? null,
    idempotency: form.elements.idempotency.checked,
    seed: number("seed"),
  };
}

async function put(faults, done) {
  try {
    const response = await fetch("faults", { method: "PUT", body: JSON.stringify(faults) });
    const answer = await response.json();
    if (response.ok) fill(answer);
    outcome.textContent = response.ok ? done : answer.message;
  } catch {
    outcome.textContent = "The sandbox does not answer.";
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  put(read(), "Applied.");
});
document.getElementById("reset").addEventListener("click", () => put({}, "All off."));
document.getElementById("clear").addEventListener("click", async () => {
  await fetch("deliveries", { method: "DELETE" }).catch(() => {});
  await refresh();
});

fetch("faults", { cache: "no-store" }).then((response) => response.json()).then(fill).catch(() => {});
keepRefreshing();
