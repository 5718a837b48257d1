// Sign in, send requests from the page, copy, and mark where the reader is. Answers are only ever written as
// text. The token lives in this variable and nowhere else.
"use strict";

let token = null;

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// Colours JSON without ever interpreting it as markup.
function highlighted(text) {
  const pre = element("pre");
  const tokens = /("(?:[^"\\]|\\.)*")(?=\s*:)|("(?:[^"\\]|\\.)*")|(\btrue\b|\bfalse\b|\bnull\b|-?\d[\d.]*)/g;
  let end = 0;
  for (const match of text.matchAll(tokens)) {
    pre.append(text.slice(end, match.index));
    pre.append(element("span", match[1] ? "k" : match[2] ? "s" : "w", match[0]));
    end = match.index + match[0].length;
  }
  pre.append(text.slice(end));
  return pre;
}

function describe(form, text, kind) {
  const state = form.querySelector(".state");
  state.className = `state ${kind}`;
  state.textContent = text;
}

async function signIn(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const response = await fetch("/api/v1/auth/login/", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email: form.email.value, password: form.password.value }),
      credentials: "omit",
    });
    const answer = await response.json();
    token = response.ok ? answer.access : null;
    if (response.ok) {
      form.password.value = "";
      describe(form, `Signed in as ${answer.user.email} (${answer.user.role}) for 15 minutes.`, "good");
    } else {
      const complaints = Object.values(answer.field_errors ?? {}).flat().join(" ");
      describe(form, complaints || answer.detail, "bad");
    }
  } catch {
    describe(form, "The service cannot be reached.", "bad");
  } finally {
    button.disabled = false;
  }
}

function requestOf(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  const headers = {};
  for (const input of form.querySelectorAll("input")) {
    const value = input.value.trim();
    if (!value) continue;
    if (input.dataset.in === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(value));
    if (input.dataset.in === "query") query.append(input.name, value);
    if (input.dataset.in === "header") headers[input.name] = value;
  }
  if (token) headers.Authorization = `Bearer ${token}`;
  const request = { method: form.dataset.method, headers, credentials: "omit", redirect: "manual" };
  if (form.body) {
    headers["Content-Type"] = "application/json";
    request.body = form.body.value;
  }
  return [query.size ? `${path}?${query}` : path, request];
}

async function send(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  const output = form.querySelector("output");
  const [path, request] = requestOf(form);
  button.disabled = true;
  output.replaceChildren();
  try {
    const started = performance.now();
    const response = await fetch(path, request);
    const text = await response.text();
    const took = Math.round(performance.now() - started);
    const line = element("div");
    line.append(element("span", `status s${String(response.status)[0]}`, String(response.status)));
    line.append(`${took} ms`);
    const etag = response.headers.get("ETag");
    if (etag) line.append(", ETag ", element("code", "", etag));
    output.append(line);
    if (text) output.append(highlighted(pretty(text)));
    if (response.status === 401 && !token) output.append(element("p", "hint", "Sign in at the top of the page first."));
  } catch {
    output.append(element("p", "state bad", "The request could not be sent."));
  } finally {
    button.disabled = false;
  }
}

async function copy(event) {
  const button = event.target.closest(".copy");
  if (!button) return;
  await navigator.clipboard.writeText(button.closest("figure").querySelector("pre").textContent);
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

function followReader() {
  const links = new Map([...document.querySelectorAll("nav a[href^='#']")].map((a) => [a.hash.slice(1), a]));
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id)?.setAttribute("aria-current", "location");
    }
  }, { rootMargin: "-10% 0px -75% 0px" });
  for (const article of document.querySelectorAll("article, #errors")) observer.observe(article);
}

document.getElementById("sign-in").addEventListener("submit", signIn);
for (const form of document.querySelectorAll(".try form")) form.addEventListener("submit", send);
document.addEventListener("click", copy);
followReader();
