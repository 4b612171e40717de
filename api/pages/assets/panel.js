// What spares a hand or a thought; every page works without it.
"use strict";

const near = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "short" });

// Done once for what a page came with, and again for what was put into it later.
function dress(part) {
  for (const button of part.querySelectorAll("button[data-copy]")) {
    if (!navigator.clipboard) break; // which browsers give to https and this machine only
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  for (const time of part.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.valueOf())) time.textContent = near.format(moment);
  }
}

async function copy(button) {
  const from = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(from.value ?? from.textContent);
  const said = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = said; }, 2000);
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
  menu.addEventListener("focusout", (left) => {
    if (left.relatedTarget && !menu.contains(left.relatedTarget)) close();
  });
}

dress(document);
for (const menu of document.querySelectorAll("details.me")) closeElsewhere(menu);
