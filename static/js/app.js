// Loaded on every page: the menu on phones, the theme, the search shortcut.
// Everything hangs on document, so that fragments swapped in by htmx need no set-up.

const THEMES = ["system", "light", "dark"];

function nextTheme() {
  const now = document.documentElement.dataset.theme ?? "system";
  return THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
}

function setTheme(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  const age = theme === "system" ? 0 : 31_536_000;
  document.cookie = `theme=${theme}; path=/; max-age=${age}; SameSite=Lax`;
  for (const name of document.querySelectorAll("[data-theme-name]")) name.textContent = theme;
}

function toggle(button) {
  const open = document.getElementById(button.dataset.toggle).classList.toggle("open");
  button.setAttribute("aria-expanded", String(open));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-toggle], [data-theme-toggle]");
  if (!button) return;
  if ("themeToggle" in button.dataset) setTheme(nextTheme());
  else toggle(button);
});

// An open menu closes by a press outside of it and by Escape, which leaves the focus on it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// On a phone the tabs scroll: the one that is open comes into view.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

function typing(element) {
  return element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
}

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !typing(event.target)) {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

function tell(words) {
  const message = document.createElement("p");
  message.className = "message error";
  message.role = "alert";
  message.textContent = words;
  document.getElementById("messages").replaceChildren(message);
  window.scrollTo({ top: 0 });
}

const REFUSALS = {
  403: "Your role does not allow this.",
  404: "This is gone: someone deleted it in the meantime. Load the page again.",
};

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.elt.id === "poll") return;
  const status = event.detail.xhr.status;
  tell(REFUSALS[status] ?? `The server answered ${status}. Nothing was changed.`);
});
document.addEventListener("htmx:sendError", (event) => {
  if (event.detail.elt.id !== "poll") tell("The server did not answer. Nothing was changed; try again.");
});

// A session that ran out answers with the sign-in page: show that, instead of swapping it in.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr } = event.detail;
  if (xhr.responseURL && new URL(xhr.responseURL).pathname.startsWith("/login/")) {
    event.preventDefault();
    location.reload();
  }
});

// Addresses that people copy hold only what was filled in.
document.addEventListener("htmx:configRequest", (event) => {
  const { verb, formData } = event.detail;
  if (verb !== "get") return;
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name, value);
});
