// The practice room's page: sends what is typed and pressed, shows what comes back. No framework, no requests
// to anywhere but the server that the page came from.
"use strict";

const messages = document.getElementById("messages");
const chat = document.getElementById("chat");
const announce = document.getElementById("announce");
const trouble = document.getElementById("trouble");
const composer = document.getElementById("composer");
const say = document.getElementById("say");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const KEPT = "laps-transcript";
const MOST_KEPT = 60;

// What was sent and not answered keeps its id, so that sending it again is the same thing said once.
const unanswered = new Map();

async function act(what, element) {
  const key = JSON.stringify(what);
  const id = unanswered.get(key) || crypto.randomUUID();
  unanswered.set(key, id);
  busy(element, true);
  try {
    const response = await fetch("/web/act", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Laps": "1" },
      body: JSON.stringify({ id, zone, ...what }),
    });
    const answer = response.headers.get("Content-Type")?.includes("json") ? await response.json() : {};
    if (!response.ok) {
      if (response.status !== 503) unanswered.delete(key);
      tell(answer.trouble || "Laps did not take that. Reload the page and press again.");
      return null;
    }
    unanswered.delete(key);
    tell("");
    return answer;
  } catch {
    tell("Laps is not running, so nothing was sent. Start it (make run) and press again.");
    return null;
  } finally {
    busy(element, false);
  }
}

function busy(element, is) {
  if (!element) return;
  element.setAttribute("aria-busy", String(is));
  for (const button of element.querySelectorAll("button")) button.disabled = is;
}

function tell(text) {
  trouble.textContent = text;
  trouble.hidden = !text;
}

function show(message, replaces) {
  let element = document.getElementById(message.post);
  if (!element || !replaces) {
    if (message.updates && !replaces) return element && draw(element, message);
    element?.removeAttribute("id");
    element = document.createElement("article");
    element.className = "message";
    element.tabIndex = -1;
    element.id = message.post;
    messages.append(element);
  }
  draw(element, message);
  return element;
}

function draw(element, message) {
  element.innerHTML = message.html; // made by the server, where every string in it was escaped
  element.setAttribute("aria-label", message.text.split("\n")[0].slice(0, 120));
  return element;
}

function settle(element, message, pressed) {
  keep();
  if (!element) return;
  announce.textContent = message.text.slice(0, 200);
  chat.scrollTop = element.offsetTop - 12;
  // Who pressed a button goes on in the message that took its place; who typed goes on typing.
  if (pressed) element.focus({ preventScroll: true });
}

async function press(element, button) {
  const pressed = JSON.parse(button.dataset.press);
  const answer = await act({ ...pressed, source: element.id }, element);
  if (answer) take(answer, element);
}

async function send(element, form) {
  const pressed = JSON.parse(form.dataset.press);
  const wrong = form.querySelector(".wrong");
  const values = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "checkbox" || field.type === "radio") {
      values[field.name] ??= "";
      if (field.checked) values[field.name] = values[field.name] ? `${values[field.name]},${field.value}` : field.value;
    } else values[field.name] = field.value;
  }
  const answer = await act({ ...pressed, args: { ...pressed.args, ...values }, source: element.id, form: true }, element);
  if (!answer) return;
  const problems = Object.entries(answer.problems || {});
  wrong.hidden = !problems.length;
  wrong.textContent = problems.map(([, text]) => text).join(" ");
  if (!problems.length) return take(answer, element);
  const first = form.elements[problems[0][0]] ?? form.elements[0];
  const field = first instanceof RadioNodeList ? first[0] : first;
  wrong.id ||= `${element.id}-wrong`;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", wrong.id);
  field.focus();
}

function take(answer, replaced) {
  let last = null;
  for (const message of answer.messages) {
    last = [show(message, Boolean(replaced)), message];
  }
  if (last) settle(...last, Boolean(replaced));
}

async function type(text) {
  const mine = document.createElement("p");
  mine.className = "mine";
  mine.textContent = text;
  messages.append(mine);
  chat.scrollTop = chat.scrollHeight;
  const answer = await act({ text }, composer);
  if (!answer) {
    mine.remove();
    if (!say.value) say.value = text;
    return;
  }
  take(answer, null);
}

function keep() {
  const kept = [...messages.children].slice(-MOST_KEPT).map((element) =>
    element.classList.contains("mine")
      ? { mine: element.textContent }
      : { post: element.id, html: element.innerHTML, text: element.getAttribute("aria-label") || "" },
  );
  try {
    localStorage.setItem(KEPT, JSON.stringify(kept));
  } catch {
    // Without storage a reload begins with the present state only.
  }
}

function restore() {
  let kept = [];
  try {
    kept = JSON.parse(localStorage.getItem(KEPT) || "[]");
  } catch {
    kept = [];
  }
  messages.replaceChildren();
  for (const one of kept) {
    if (one.mine !== undefined) {
      const mine = document.createElement("p");
      mine.className = "mine";
      mine.textContent = one.mine;
      messages.append(mine);
    } else show(one, false);
  }
  chat.scrollTop = chat.scrollHeight;
}

function listen() {
  const stream = new EventSource("/web/stream");
  stream.addEventListener("message", (event) => {
    const message = JSON.parse(event.data);
    const known = document.getElementById(message.post);
    if (message.updates && !known) return;
    const element = show(message, Boolean(known));
    keep();
    if (!message.updates) settle(element, message, false);
  });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.classList.contains("chip")) return type(button.dataset.say);
  if (button.classList.contains("copy")) return copy(button);
  const element = button.closest(".message");
  if (element && button.dataset.press) await press(element, button);
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target === composer) return submit();
  const element = event.target.closest(".message");
  if (element) send(element, event.target);
});

function submit() {
  const text = say.value.trim();
  if (!text) return say.focus();
  say.value = "";
  grow();
  type(text);
}

say.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit();
  }
});

function grow() {
  say.rows = Math.min(6, say.value.split("\n").length);
}
say.addEventListener("input", grow);

async function copy(button) {
  const text = button.closest("figure").querySelector("pre");
  try {
    await navigator.clipboard.writeText(text.textContent);
    announce.textContent = "Copied";
    button.firstChild.textContent = "Copied ✓";
    setTimeout(() => (button.firstChild.textContent = "Copy"), 2000);
  } catch {
    getSelection().selectAllChildren(text);
    announce.textContent = "Selected: copy it with the keyboard";
  }
}

// Another tab of the same browser is the same learner: it shows the same conversation.
window.addEventListener("storage", (event) => event.key === KEPT && restore());

async function begin() {
  restore();
  listen();
  const answer = await act({ verb: "arrive", args: {} }, null);
  if (!answer) return;
  if (answer.messages.length) {
    messages.replaceChildren(); // a new learner, or a new database: the old conversation is nobody's
    take(answer, null);
  } else if (!messages.children.length) await act({ verb: "home", args: {} }, null);
}

begin();
