// What spares a hand, a thought or a reload; every page works without it.
"use strict";

const near = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "short" });

// Done for what a page came with, and again for what was put into it later.
function dress(part) {
  for (const button of part.querySelectorAll("button[data-copy]")) {
    button.hidden = !navigator.clipboard; // which browsers give to https and this machine only
  }
  for (const time of part.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.valueOf())) time.textContent = near.format(moment);
  }
}

async function copy(button) {
  const from = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(from.value ?? from.textContent);
  const said = [...button.childNodes];
  if (button.textContent === "Copied") return;
  button.replaceChildren("Copied");
  setTimeout(() => { button.replaceChildren(...said); }, 2000);
}

// A menu closes by Escape, and when one goes elsewhere.
function closeElsewhere(menu) {
  const close = () => { menu.open = false; };
  menu.addEventListener("keydown", (pressed) => {
    if (pressed.key !== "Escape" || !menu.open) return;
    close();
    menu.querySelector("summary").focus();
  });
  document.addEventListener("click", (click) => { if (!menu.contains(click.target)) close(); });
  menu.addEventListener("focusout", ({ relatedTarget: next }) => {
    // On a Mac, Safari gives no button the focus that is clicked, but what it stands in.
    if (next && !menu.contains(next) && !next.contains(menu)) close();
  });
}

// Says to ears, and for a while to eyes, what came of a request without a reload.
function say(words, seen) {
  const live = document.getElementById("live");
  live.textContent = words;
  live.classList.toggle("toast", seen);
  clearTimeout(say.ending);
  say.ending = setTimeout(() => { live.classList.remove("toast"); }, 6000);
}

function isInView(part) {
  const { top, bottom } = part.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}

// A list that WebKit kept and shows again has lost what was searched for.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && document.querySelector("form[hx-get]")) location.reload();
});

dress(document);
for (const menu of document.querySelectorAll("details.me, td details.sure")) closeElsewhere(menu);
document.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-copy]");
  if (button) copy(button);
});

// Requests of htmx: as a browser would send them, but for fields that are left empty in a search.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  detail.headers.Accept = "text/html";
  if (detail.verb !== "get") return;
  for (const [name, value] of [...detail.formData]) if (value === "") detail.formData.delete(name);
});

// A page that is no page of the panel: where one was sent on, go there; errors are shown in place.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.serverResponse.includes('<main id="main"')) return;
  if (detail.xhr.status < 400) {
    detail.shouldSwap = false;
    location.assign(detail.xhr.responseURL);
  } else {
    detail.target = document.getElementById("main");
    detail.selectOverride = "main > *";
    detail.swapOverride = "innerHTML";
  }
});

// What is half written stays, when something else on the page is done.
let drafts = [];
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const sent = detail.requestConfig.elt;
  drafts = [...document.querySelectorAll("main textarea")]
    .filter((field) => field.value !== field.defaultValue && !sent.contains(field))
    .map(({ id, value }) => ({ id, value }));
});

document.addEventListener("htmx:load", ({ detail }) => dress(detail.elt));

// Who pressed a button that is gone now stands at the form that took its place, or at the page.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  for (const { id, value } of drafts) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
  const main = document.getElementById("main");
  const said = main.querySelector(".notice, .refusal");
  const count = main.querySelector("[data-count]");
  if (said) say(said.textContent, !isInView(said));
  else if (count) say(count.dataset.count, false);
  if (detail.requestConfig.verb === "get" || document.activeElement !== document.body) return;
  const form = detail.requestConfig.elt.getAttribute("action");
  const field = ":is(textarea, select, button, input:not([type=hidden]))";
  const next = form && main.querySelector(`form[action="${CSS.escape(form)}"] ${field}`);
  next?.focus({ preventScroll: true }); // in vain where it is folded away
  if (document.activeElement === document.body) main.focus({ preventScroll: true });
});

for (const failed of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failed, () => {
    // WebKit counts a request as failed when its page is left: by then another is there.
    setTimeout(say, 500, "The server was not reached. Try again.", true);
  });
}
