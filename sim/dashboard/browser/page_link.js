// The address of the page, and a heartbeat: see page_link.py.

const EVERY = 1000; // ms between two looks
const PATIENCE = 5000; // ms without an answer that are no reason to worry

function render({ model, el }) {
  const warning = el.appendChild(document.createElement("div"));
  warning.className = "g4-silence";
  warning.setAttribute("role", "alert");
  warning.hidden = true;
  const text = warning.appendChild(document.createElement("span"));
  const reload = warning.appendChild(document.createElement("button"));
  reload.type = "button";
  reload.textContent = "Reload";
  reload.addEventListener("click", () => location.reload());

  // ---- heartbeat ----

  let asked = null; // when the question was sent that has no answer yet [ms]

  function beat() {
    if (asked === null) {
      asked = performance.now();
      model.send({ kind: "ping" });
    }
    const silent = performance.now() - asked;
    warning.hidden = silent < PATIENCE;
    const seconds = Math.floor(silent / 1000);
    text.textContent = warning.hidden ? "" : `No answer from the server for ${seconds} s. Reloading brings the run back. `;
  }

  function hear({ kind }) {
    if (kind !== "pong") return;
    asked = null;
    warning.hidden = true;
  }

  // ---- address ----

  let query = location.search.slice(1);

  function follow() {
    const { query: wanted, is_new } = model.get("address");
    if (!wanted || wanted === query) return;
    query = wanted;
    history[is_new ? "pushState" : "replaceState"](null, "", `?${query}${location.hash}`);
  }

  function goTo() {
    const found = location.search.slice(1);
    if (found === query) return; // only what follows the hash is another
    query = found;
    model.send({ kind: "went to", query });
  }

  const timer = setInterval(beat, EVERY);
  model.on("msg:custom", hear);
  model.on("change:address", follow);
  window.addEventListener("popstate", goTo);
  follow();
  return () => {
    clearInterval(timer);
    model.off("msg:custom", hear);
    model.off("change:address", follow);
    window.removeEventListener("popstate", goTo);
  };
}

export default { render };
