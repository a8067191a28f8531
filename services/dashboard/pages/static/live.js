// 实时更新: with a fact that a page waits for, what it shows is asked for again and put in its place.
//
// The server alone knows how things read; nothing is made of a fact here. Every element with `id` and `data-fresh` is
// exchanged as a whole, at most once in so many milliseconds, and the focus and what was folded open stay as they are.

const AT_MOST_EVERY_MS = 1000;
// `*`: every fact.
const types = (document.body.dataset.live ?? "").split(",").filter(Boolean);
const line = document.getElementById("line");
let waiting = null;
let again = false;

function say(how) {
  if (line) {
    line.textContent = line.dataset[how] ?? "";
    line.dataset.state = how;
  }
}

// The document as the server has it now; null when the sign-in holds no more. Parsed without running anything in it.
function now() {
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest();
    asked.open("GET", location.href);
    asked.setRequestHeader("Accept", "text/html");
    asked.responseType = "document";
    asked.onload = () => {
      if (asked.status === 200 && asked.response) resolve(asked.response);
      else if (asked.status === 401 || asked.status === 403) resolve(null);
      else reject(new Error(String(asked.status)));
    };
    asked.onerror = () => reject(new Error("away"));
    asked.send();
  });
}

function exchange(fresh) {
  for (const old of document.querySelectorAll("[data-fresh][id]")) {
    const found = fresh.getElementById(old.id);
    if (!found || found.isEqualNode(old)) continue;
    const open = new Set([...old.querySelectorAll("details[open][id]")].map((one) => one.id));
    const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const put = document.importNode(found, true);
    for (const one of put.querySelectorAll("details[id]")) if (open.has(one.id)) one.open = true;
    old.replaceWith(put);
    if (focused) put.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  }
}

async function refresh() {
  waiting = null;
  try {
    const fresh = await now();
    if (fresh) exchange(fresh);
    else say("out");
  } catch {
    again = true;
  }
  if (again) soon();
}

function soon() {
  if (waiting !== null) {
    again = true;
    return;
  }
  again = false;
  waiting = setTimeout(refresh, AT_MOST_EVERY_MS);
}

if (types.length > 0) {
  const asked = new URLSearchParams(types.filter((type) => type !== "*").map((type) => ["type", type]));
  const stream = new EventSource(`/stream?${asked}`);
  let lost = false;
  stream.onopen = () => {
    say("on");
    if (lost) soon();
    lost = false;
  };
  stream.onmessage = soon;
  stream.onerror = () => {
    lost = true;
    say("off");
    if (stream.readyState === EventSource.CLOSED) soon();
  };
}
