// What HTML cannot do by itself: keep addresses short, open the panel, say that a connection is lost.
(() => {
  "use strict";

  document.addEventListener("htmx:configRequest", (event) => {
    const { verb, parameters } = event.detail;
    if (verb !== "get") return;
    for (const name of [...parameters.keys()]) {
      if (parameters.getAll(name).every((value) => value === "")) parameters.delete(name);
    }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "panel-body") return;
    const panel = document.getElementById("panel");
    if (!panel.open) panel.showModal();
    document.getElementById("panel-title")?.focus();
  });

  // Whoever fills in what belongs to a choice has chosen it.
  document.addEventListener("input", (event) => {
    const choice = event.target.closest(".choice-more, .choice-below")?.closest(".choice:has(> label)");
    const radio = choice?.querySelector(":scope > label > input[type=radio]");
    if (radio) radio.checked = true;
  });

  // On a narrow screen the bar's links run on to the right: the one we are at is brought into sight.
  const here = document.querySelector(".bar nav [aria-current]");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - 48;

  // A click on the backdrop is a click on the dialog itself.
  document.getElementById("panel").addEventListener("click", (event) => {
    if (event.target === event.currentTarget) event.currentTarget.close();
  });

  // Where a swap takes away what had the focus, its successor gets it: of the same id, address or words.
  let lost = null;
  const alike = (one) => [one.tagName, one.getAttribute("href"), one.name, one.value, one.textContent.trim()].join("|");

  document.addEventListener("htmx:beforeSwap", (event) => {
    const at = document.activeElement;
    const target = event.detail.target;
    const within = at && at !== document.body && target?.contains(at);
    lost = within ? { region: target.id, id: at.id, tag: at.tagName, like: alike(at) } : null;
  });

  document.addEventListener("htmx:afterSettle", () => {
    if (!lost || (document.activeElement && document.activeElement !== document.body)) return;
    const region = (lost.region && document.getElementById(lost.region)) || document.getElementById("main");
    const heir =
      (lost.id && document.getElementById(lost.id)) ||
      [...region.getElementsByTagName(lost.tag)].find((one) => alike(one) === lost.like) ||
      region;
    lost = null;
    if (heir.tabIndex < 0 && !heir.hasAttribute("tabindex")) heir.tabIndex = -1;
    heir.focus({ preventScroll: true });
  });

  // Everybody hears that a list is being looked up, and what is old for want of an answer looks old.
  const results = () => document.getElementById("results");
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id === "results") results()?.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    results()?.removeAttribute("aria-busy");
    if (event.detail.target?.id === "results") results()?.classList.toggle("stale", !event.detail.successful);
  });

  // The box in the head of a list ticks every row of the page, and stands half-way where only some are ticked.
  const boxes = () => [...document.querySelectorAll("#items [name=pick]")];

  function tally() {
    const all = document.getElementById("tick-all");
    if (!all) return;
    const ticked = boxes().filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxes().length;
    all.indeterminate = ticked > 0 && !all.checked;
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "tick-all") {
      const turned = boxes().filter((box) => box.checked !== event.target.checked);
      for (const box of turned) box.checked = event.target.checked;
      turned[0]?.dispatchEvent(new Event("change", { bubbles: true }));
    }
    tally();
  });
  document.addEventListener("htmx:load", tally);

  // The words stand in a template of the page, in its language.
  const trouble = document.getElementById("trouble");
  document.addEventListener("htmx:sendError", () => {
    const note = document.getElementById("unreachable").content.cloneNode(true);
    note.querySelector("a").href = location.href;
    trouble.replaceChildren(note);
  });
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.successful) trouble.replaceChildren();
  });
})();
