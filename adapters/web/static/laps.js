// The practice room's page: sends what is typed and pressed, shows what comes back. No framework, no requests
// to anywhere but the server that the page came from.
//
// The conversation is a list of entries, kept by the browser and shared by its tabs: {post, html, text} is a
// message of Laps, {mine, key} what the person typed. Every element below #messages shows one entry.
"use strict";

const messages = document.getElementById("messages");
const chat = document.getElementById("chat");
const announce = document.getElementById("announce");
const trouble = document.getElementById("trouble");
const composer = document.getElementById("composer");
const say = /** @type {HTMLTextAreaElement} */ (document.getElementById("say"));
const chips = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".chip")]);
const acting = document.getElementById("acting");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

// Side by side the page is there three times: for each of two people, and for the conversation that both read.
const asked = new URLSearchParams(location.search);
const room = asked.has("room");
const seat = asked.get("seat") === "2" ? "2" : "1";
const place = room ? "-room" : seat === "2" ? "-2" : "";
const framed = window.parent !== window;

const KEPT = `laps-conversation${place}`;
const SEEN = `laps-seen${place}`;
const DRAFTS = `laps-drafts${place}`;
const TYPED = `laps-typed${place}`;
const KNOWN = "laps-known";
const MOST_KEPT = 80;
const MOST_DRAFTS = 20;
const MOST_FILE = 1_000_000; // bytes of a file that is sent
const PATIENCE = 20_000; // milliseconds until an answer counts as lost
const GRACE = 3_000; // milliseconds without a stream until the page says so

const NOT_RUNNING = "Laps is not running. Nothing is lost: start it (make run) and press again.";
const GONE = "Laps is not running. Start it (make run); this page goes on by itself.";
const LATE = "Laps does not answer. Nothing is lost: press again.";
const ODD = "Laps did not understand this page. Reload it and press again.";
const BACK = "Laps is running again: press again.";
const ANEW = "Laps does not know this browser any more, so here is a new start.";

// ---------------------------------------------------------------- storage, where the browser allows it

function load(storage, key, otherwise) {
  try {
    return JSON.parse(storage().getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function store(storage, key, value) {
  try {
    storage().setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

// Reading these properties throws where storage is forbidden.
const shared = () => localStorage;
const own = () => sessionStorage;

// ---------------------------------------------------------------- the conversation

const entries = new WeakMap();
const actor = () => /** @type {HTMLInputElement} */ (acting.querySelector("input:checked"));
const who = () => (room ? actor().value : seat);
const idOf = (entry) => entry.post ?? `mine-${entry.key}`;
const same = (a, b) => a && b && a.html === b.html && a.mine === b.mine && a.text === b.text;

function draw(entry) {
  const element = document.createElement(entry.post ? "article" : "p");
  element.id = idOf(entry);
  element.tabIndex = -1;
  element.className = entry.post ? "message" : "mine";
  if (entry.post) fill(element, entry);
  else {
    const by = document.createElement("span");
    by.className = entry.by ? "by" : "unseen";
    by.textContent = entry.by ? `Person ${entry.by}: ` : "You: ";
    element.append(by, entry.mine);
    entries.set(element, entry);
  }
  return element;
}

// Where a message shows the same step as before with something new in it, that is what the person looks for.
const news = new WeakMap();
const HEAD = 2; // the heading and the progress: where they change, all is new

function fill(element, entry) {
  const inside = element.contains(document.activeElement);
  const before = [...element.children].map((child) => child.outerHTML);
  element.classList.toggle("whisper", Boolean(entry.only));
  element.innerHTML = entry.html; // made by the server, where every string in it was escaped
  const first = [...element.children].findIndex((child, place) => child.outerHTML !== before[place]);
  news.set(element, first < HEAD ? null : element.children[first]);
  element.setAttribute("aria-label", brief(entry.text));
  entries.set(element, entry);
  for (const field of element.querySelectorAll("[data-most]")) redraft(element, field);
  if (entry.only) {
    const note = document.createElement("p");
    note.className = "only";
    note.textContent = `Only visible to Person ${entry.only}`;
    element.prepend(note);
  }
  if (inside) element.focus({ preventScroll: true });
}

function brief(text) {
  const line = text.split("\n")[0];
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}

// Show an entry in the place of the one with its id, or with `last` below everything else.
function put(entry, last = false) {
  const old = document.getElementById(idOf(entry));
  if (old && !last) {
    fill(old, entry);
    return old;
  }
  old?.remove();
  const element = draw(entry);
  messages.append(element);
  return element;
}

function keep() {
  const all = [...messages.children].map((element) => entries.get(element)).slice(-MOST_KEPT);
  if (!store(shared, KEPT, all)) store(shared, KEPT, all.slice(-10));
}

// Make the page show what is kept, touching only what differs, so that nothing typed elsewhere is disturbed.
function restore() {
  const kept = load(shared, KEPT, []);
  const all = Array.isArray(kept) ? kept.filter((entry) => entry?.post || entry?.key) : [];
  const ids = new Set(all.map(idOf));
  for (const element of [...messages.children]) if (!ids.has(element.id)) element.remove();
  all.forEach((entry, place) => {
    let element = document.getElementById(idOf(entry));
    if (!element) element = draw(entry);
    else if (!same(entries.get(element), entry)) fill(element, entry);
    const there = messages.children[place];
    if (there !== element) messages.insertBefore(element, there ?? null);
  });
}

// Bring a message into view: all of it where it fits, else its beginning, or what is new further down in it.
function reveal(element) {
  const part = news.get(element);
  const far = part && part.offsetTop > chat.clientHeight / 2;
  const top = element.offsetTop + (far ? part.offsetTop : 0) - 16;
  const bottom = top + (far ? part : element).offsetHeight + 32;
  if (top >= chat.scrollTop && bottom <= chat.scrollTop + chat.clientHeight) return;
  chat.scrollTop = far ? top - chat.clientHeight / 4 : top;
}

// Lead who pressed a button to what came of it, without another jump of the page.
function lead(element) {
  const part = news.get(element) ?? element;
  part.tabIndex = -1;
  part.focus({ preventScroll: true });
}

// ---------------------------------------------------------------- drafts: a reload or a hint loses no typing

// The key names the screen by its text, so that a draft comes back on the same step only; `from` is what the
// server had put into the field.
function draftOf(element, field) {
  return `${entries.get(element)?.text} ${field.form?.id} ${field.name}`;
}

function redraft(element, field) {
  const draft = load(own, DRAFTS, {})[draftOf(element, field)];
  if (draft && draft.from === field.defaultValue && draft.to !== draft.from) {
    field.value = draft.to;
    field.closest("details")?.setAttribute("open", "");
  }
  count(field);
}

function note(element, field) {
  const drafts = load(own, DRAFTS, {});
  const key = draftOf(element, field);
  delete drafts[key];
  drafts[key] = { from: field.defaultValue, to: field.value };
  store(own, DRAFTS, Object.fromEntries(Object.entries(drafts).slice(-MOST_DRAFTS)));
}

// ---------------------------------------------------------------- sending

// What was sent and not answered keeps its id, so that sending it again is the same thing said once.
const unanswered = new Map();

async function act(what, element) {
  const key = JSON.stringify(what);
  const id = unanswered.get(key) ?? crypto.randomUUID();
  unanswered.set(key, id);
  element?.setAttribute("aria-busy", "true");
  try {
    const response = await fetch("/web/act", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Laps": "1", "X-Laps-Seat": who() },
      body: JSON.stringify({ id, zone, locale: navigator.language, ...(room && { room }), ...what }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const answer = await response.json().catch(() => null);
    if (response.ok && answer) {
      unanswered.delete(key);
      if (trouble.textContent !== BACK || element) tell("");
      return answer;
    }
    if (response.status < 500) unanswered.delete(key);
    tell(answer?.trouble ?? ODD);
  } catch (error) {
    tell(error.name === "TimeoutError" ? LATE : NOT_RUNNING);
  } finally {
    element?.removeAttribute("aria-busy");
  }
  return null;
}

function tell(text) {
  trouble.textContent = text;
  trouble.hidden = !text;
}

function take(answer, pressed) {
  let element = null;
  for (const message of answer.messages) element = put(message, !message.updates);
  keep();
  if (!element) return;
  reveal(element);
  // Who pressed a button goes on in the message that took its place; who typed goes on typing and is told.
  if (pressed) lead(element);
  else announce.textContent = entries.get(element).text;
}

// What only one person sees gives its place to the answer; what all see stays.
const from = (element) => ({ source: element.id, ...(element.classList.contains("whisper") && { private: true }) });

async function press(element, button) {
  const pressed = JSON.parse(button.dataset.press);
  button.classList.add("pressed");
  const answer = await act({ ...pressed, ...from(element) }, element);
  button.classList.remove("pressed");
  if (answer) take(answer, true);
}

async function send(element, form) {
  for (const wrong of form.querySelectorAll(".wrong")) wrong.hidden = true;
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  const long = [...form.querySelectorAll("[data-most]")].filter((field) => over(field) > 0);
  if (long.length) return refuse(form, Object.fromEntries(long.map((field) => [field.name, tooLong(field)])));
  const pressed = JSON.parse(form.dataset.press);
  const said = { ...pressed, args: { ...pressed.args, ...values(form) }, ...from(element), form: true };
  const field = form.querySelector("input[type=file]");
  if (field) {
    const [chosen] = field.files;
    if (!chosen) return refuse(form, { [field.name]: "Choose a file first." });
    if (chosen.size > MOST_FILE) return refuse(form, { [field.name]: "That file is too large: 1 MB at most." });
    try {
      said.file = { name: chosen.name, data: await encoded(chosen) };
    } catch {
      return refuse(form, { [field.name]: "The browser cannot read that file any more: choose it again." });
    }
  }
  const answer = await act(said, element);
  if (!answer) return undefined;
  if (Object.keys(answer.problems).length) return refuse(form, answer.problems);
  return take(answer, true);
}

// A file's bytes as they are, in base64, so that its encoding is the server's to judge.
async function encoded(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

// What is chosen among boxes comes as one text, joined by commas; a file goes beside the others.
function values(form) {
  const found = {};
  for (const field of form.elements) {
    if (!field.name || field.type === "file") continue;
    if (field.type !== "checkbox" && field.type !== "radio") found[field.name] = field.value;
    else {
      found[field.name] ??= "";
      if (field.checked) found[field.name] += (found[field.name] && ",") + field.value;
    }
  }
  return found;
}

// Say below each field what is wrong with it, and go to the first one.
function refuse(form, problems) {
  let first = null;
  for (const [name, text] of Object.entries(problems)) {
    const named = form.elements[name];
    const field = named instanceof RadioNodeList ? named[0] : named;
    const box = field?.type === "checkbox" || field?.type === "radio" ? field.closest("fieldset") : field;
    const wrong = document.getElementById(`${box?.id ?? form.id}-wrong`);
    wrong.textContent = text;
    wrong.hidden = false;
    box?.setAttribute("aria-invalid", "true");
    first ??= field ?? form.elements[0];
  }
  first?.focus();
  form.querySelector(".wrong:not([hidden])")?.scrollIntoView({ block: "nearest" });
}

// ---------------------------------------------------------------- typing

// What is typed is answered in the order in which it was typed.
let typing = Promise.resolve();

function type(text) {
  const entry = { mine: text, key: crypto.randomUUID(), ...(room && { by: who() }) };
  reveal(put(entry));
  keep();
  typing = typing.then(async () => {
    const answer = await act({ text }, composer);
    if (answer) return take(answer, false);
    document.getElementById(idOf(entry))?.remove();
    keep();
    say.value = say.value ? `${text}\n${say.value}` : text;
    return typed();
  });
}

function submit() {
  const text = say.value.trim();
  if (!text) return say.focus();
  if (over(say) > 0) return tell(tooLong(say));
  say.value = "";
  typed();
  return type(text);
}

function typed() {
  say.rows = Math.min(6, say.value.split("\n").length);
  count(say);
  store(own, TYPED, say.value);
  const start = say.value.trim().toLowerCase();
  const fitting = start && !room ? chips.filter((chip) => chip.dataset.say.startsWith(start)) : [];
  for (const chip of chips) chip.hidden = fitting.length ? !fitting.includes(chip) : !("first" in chip.dataset);
}

// A field holds more than may be sent, so that nothing that is pasted is cut unseen.
function over(field) {
  return field.value.length - Number(field.dataset.most);
}

function tooLong(field) {
  return `That is ${over(field).toLocaleString("en")} characters too long: at most ${Number(field.dataset.most).toLocaleString("en")} fit.`;
}

function count(field) {
  const most = Number(field.dataset.most);
  const shown = document.getElementById(`${field.id}-count`);
  if (!shown) return;
  shown.hidden = field.value.length < most * 0.8;
  shown.textContent = `${field.value.length.toLocaleString("en")} of ${most.toLocaleString("en")} characters`;
  shown.classList.toggle("over", over(field) > 0);
}

// ---------------------------------------------------------------- what comes by itself

let process = null;
let patience = 0;

function listen() {
  const stream = new EventSource(`/web/stream?seat=${seat}${room ? "&room=1" : ""}&seen=${encodeURIComponent(load(shared, SEEN, ""))}`);
  stream.addEventListener("open", () => {
    clearTimeout(patience);
    patience = 0;
    if (trouble.textContent === GONE) tell("");
    if (trouble.textContent === NOT_RUNNING) tell(BACK);
  });
  stream.addEventListener("hello", (event) => {
    // Another process may have another database, to which this browser is a stranger.
    const restarted = process !== null && process !== event.data;
    process = event.data;
    if (restarted) arrive();
  });
  stream.addEventListener("message", (event) => {
    const message = JSON.parse(event.data);
    store(shared, SEEN, event.lastEventId);
    if (message.updates && !document.getElementById(message.post)) return;
    const element = put(message);
    keep();
    announce.textContent = message.text;
    if (!message.updates) reveal(element);
  });
  stream.addEventListener("error", () => {
    patience ||= setTimeout(() => trouble.hidden && tell(GONE), GRACE);
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, GRACE);
  });
}

// One tab listens for all of a browser's, since a browser opens few connections to one server; the others see
// what it keeps.
function listenOnce() {
  if (!navigator.locks) return listen();
  return navigator.locks.request(`laps-stream${place}`, () => new Promise(() => listen()));
}

async function arrive() {
  const answer = await act({ verb: "arrive", args: {} }, null);
  if (!answer) return false;
  if (answer.messages.length) {
    const strange = messages.children.length > 0;
    messages.replaceChildren(); // a new learner, or a new database: the old conversation is nobody's
    if (strange) tell(ANEW);
    take(answer, false);
  } else if (!messages.children.length) await act({ verb: "home", args: {} }, null); // comes by the stream
  return true;
}

// ---------------------------------------------------------------- hands

const of = (event) => /** @type {HTMLElement} */ (event.target);

document.addEventListener("click", (event) => {
  const button = of(event).closest("button");
  if (!button) return;
  if (button.classList.contains("chip")) type(button.dataset.say);
  else if (button.classList.contains("copy")) copy(button);
  else if (button.dataset.press) {
    const element = button.closest(".message");
    if (element && !element.hasAttribute("aria-busy")) press(element, button);
  }
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target === composer) return submit();
  const element = of(event).closest(".message");
  return element && !element.hasAttribute("aria-busy") && send(element, event.target);
});

document.addEventListener("input", (event) => {
  if (event.target === say) return typed();
  const element = of(event).closest(".message");
  if (!element || !("most" in of(event).dataset)) return undefined;
  count(event.target);
  return note(element, event.target);
});

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (field === say && (event.key === "PageUp" || event.key === "PageDown")) {
    event.preventDefault();
    chat.scrollBy(0, (event.key === "PageUp" ? -0.9 : 0.9) * chat.clientHeight);
  }
  if (event.key !== "Enter" || event.isComposing || !(field instanceof HTMLTextAreaElement)) return;
  const wanted = field === say ? !event.shiftKey : event.ctrlKey || event.metaKey;
  if (!wanted) return;
  event.preventDefault();
  field.form.requestSubmit();
});

// Copy a text; with `data-above` the one above it as well, since a prompt goes before what it is about.
async function copy(button) {
  const text = button.closest("figure").querySelector("pre");
  const above = document.getElementById(button.dataset.above)?.closest("figure").querySelector("pre");
  const whole = above ? `${text.textContent.trimEnd()}\n\n${above.textContent}` : text.textContent;
  button.dataset.label ??= button.firstChild.textContent;
  try {
    await navigator.clipboard.writeText(whole);
    announce.textContent = "Copied";
    button.firstChild.textContent = "Copied ✓";
    setTimeout(() => (button.firstChild.textContent = button.dataset.label), 2000);
  } catch {
    getSelection().selectAllChildren(text);
    announce.textContent = "Selected: copy it with the keyboard";
  }
}

// Another tab of the same browser is the same learner: it shows the same conversation.
addEventListener("storage", (event) => event.key === KEPT && restore());

// In the room nothing greets: what is said there, somebody said to all.
async function begin() {
  document.body.classList.toggle("framed", framed);
  if (room) {
    acting.hidden = false;
    say.placeholder = "Write to both, or “laps …” to Laps";
    for (const chip of chips) chip.remove();
  }
  restore();
  chat.scrollTop = chat.scrollHeight;
  say.value = load(own, TYPED, "");
  typed();
  // The first page makes this browser known; the others wait for it, so that they are of the same browser.
  while (place && !load(shared, KNOWN, false)) await new Promise((go) => setTimeout(go, 100));
  while (!room && !(await arrive())) await new Promise((go) => setTimeout(go, GRACE));
  store(shared, KNOWN, true);
  listenOnce();
}

begin();
