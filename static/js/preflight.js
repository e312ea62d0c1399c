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

  // A click on the backdrop is a click on the dialog itself.
  document.getElementById("panel").addEventListener("click", (event) => {
    if (event.target === event.currentTarget) event.currentTarget.close();
  });

  const trouble = document.getElementById("trouble");
  document.addEventListener("htmx:sendError", () => {
    const note = document.createElement("p");
    note.className = "note note--bad";
    note.textContent = "The server cannot be reached. What you see may be old; it will be asked again.";
    trouble.replaceChildren(note);
  });
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.successful) trouble.replaceChildren();
  });
})();
