// The live pages: while anything on the page carries data-poll="kind:id", ask once in a while
// what became of all of them in one request. The answer replaces them out of band.

const INTERVAL_MS = 700;
const HIDDEN_INTERVAL_MS = 5000;
const SLOWEST_MS = 15000;

const place = document.getElementById("poll");
let timer = null;
let failures = 0;

function inFlight() {
  const kinds = new Map();
  for (const element of document.querySelectorAll("[data-poll]")) {
    const [kind, id] = element.dataset.poll.split(":");
    if (!kinds.has(kind)) kinds.set(kind, new Set());
    kinds.get(kind).add(id);
  }
  return kinds;
}

function schedule() {
  if (timer !== null || !document.querySelector("[data-poll]")) return;
  const pause = document.hidden ? HIDDEN_INTERVAL_MS : INTERVAL_MS * 2 ** failures;
  timer = setTimeout(ask, Math.min(pause, SLOWEST_MS));
}

async function ask() {
  const values = {};
  for (const [kind, ids] of inFlight()) values[kind] = [...ids].join(",");
  if (Object.keys(values).length > 0) {
    await htmx.ajax("GET", place.dataset.url, { source: place, swap: "none", values }).catch(() => {});
  }
  timer = null;
  schedule();
}

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt === place) failures = event.detail.successful ? 0 : Math.min(failures + 1, 5);
});
document.addEventListener("htmx:afterSettle", schedule);
document.addEventListener("htmx:oobAfterSwap", schedule);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && timer !== null) {
    clearTimeout(timer);
    timer = null;
    schedule();
  }
});
schedule();
