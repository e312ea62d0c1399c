// Shortcuts: g and a letter goes somewhere, j and k walk the rows, x ticks, / searches, ? explains.
// Off while somebody types, while a dialog is open, and for whoever has switched them off.
(() => {
  "use strict";

  const body = document.body;
  if (body.dataset.keys !== "on") return;

  const WAIT = 1500;
  let began = -WAIT;

  const typing = (at) =>
    at.isContentEditable || at.closest("textarea, select, input:not([type=checkbox], [type=radio])") !== null;
  const busy = () => document.querySelector("dialog[open], :popover-open") !== null;

  const rows = () => [...document.querySelectorAll("main table.dense tbody tr")].filter((row) => row.querySelector("a[href]"));
  const opener = (row) => row.querySelector("[data-open]") ?? row.querySelector("a[href]");

  function walk(step) {
    const all = rows();
    const at = all.indexOf(document.activeElement?.closest("tr"));
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
    if (all[next]) opener(all[next]).focus();
  }

  const follow = (selector) => document.querySelector(selector)?.click();

  const actions = {
    "/": () => document.getElementById("find")?.focus(),
    "?": () => htmx.ajax("GET", body.dataset.help, { target: "#panel-body", swap: "innerHTML" }),
    j: () => walk(1),
    k: () => walk(-1),
    x: () => document.activeElement?.closest("tr")?.querySelector("input[type=checkbox]")?.click(),
    n: () => follow("main a[rel=next]"),
    p: () => follow("main a[rel=prev]"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!(event.target instanceof Element) || typing(event.target) || busy()) return;
    const going = event.timeStamp - began < WAIT;
    began = -WAIT;
    if (going) {
      const there = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
      if (there) {
        event.preventDefault();
        there.click();
      }
      return;
    }
    if (event.key === "g") {
      began = event.timeStamp;
    } else if (Object.hasOwn(actions, event.key)) {
      event.preventDefault();
      actions[event.key]();
    }
  });
})();
