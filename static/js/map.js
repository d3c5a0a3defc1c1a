// Tracing on the map: whatever the pointer or the focus is on keeps its arrows, the others fade.

const map = document.querySelector("svg.map");

function endsAt(node) {
  const inside = [node, ...node.querySelectorAll("[data-node]")];
  return new Set(inside.map((each) => each.dataset.node));
}

// What an element of the picture is about: one arrow with its label, or a box with its rows.
function traceable(element) {
  const arrow = element.closest("[data-ends]");
  if (arrow) return (ends) => ends === arrow.dataset.ends;
  const node = element.closest("[data-node]");
  if (!node) return null;
  const keys = endsAt(node);
  return (ends) => ends.split(" ").some((key) => keys.has(key));
}

function trace(event) {
  const holds = traceable(event.target);
  const drawn = [...map.querySelectorAll("[data-ends]")];
  const traced = holds ? drawn.filter((each) => holds(each.dataset.ends)) : [];
  map.classList.toggle("traced", traced.length > 0);
  for (const each of drawn) each.classList.toggle("traced", traced.includes(each));
}

function forget() {
  map.classList.remove("traced");
}

if (map) {
  map.addEventListener("pointerover", trace);
  map.addEventListener("focusin", trace);
  map.addEventListener("pointerleave", forget);
  map.addEventListener("focusout", forget);
}
