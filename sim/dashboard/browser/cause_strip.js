// The strip of causes: from insulin to glucose, link by link, how far each has come and what acts on it.
//
// What the links are, and what they are measured against, comes from sim/dashboard/causes.py. A press on a link asks the
// charts for its course, by an event of the page, which chart_view.js hears.

const OPEN_CHART = "g4-open-chart";
const FAINT = 1e-3; // nM of insulin at which its bar begins
const SHOWN = 2; // of those that act on a link; the rest are counted

/** The share of its reference to which a link is filled, 0 .. 1; insulin by the logarithm of its dose. */
function filled(link, value) {
  if (!Number.isFinite(value) || !(link.reference > 0)) return 0;
  const share = link.name === "insulin"
    ? value > FAINT ? Math.log(value / FAINT) / Math.log(link.reference / FAINT) : 0
    : value / link.reference;
  return Math.max(0, Math.min(1, share));
}

function amountOf(link, value) {
  if (!Number.isFinite(value)) return "–";
  if (link.unit === "nM") return value > 0 && value < 0.1 ? `${+(1e3 * value).toPrecision(3)} pM` : `${+value.toPrecision(3)} nM`;
  if (link.unit === "%") return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} %`;
  return `${(value / 1e6).toFixed(Math.abs(value) < 1e7 ? 1 : 0).replace("-", "−")} M/s`;
}

/** Who acts at a time, the strongest first: [who, factor, title]. */
function actingAt(cell, name, time) {
  const those = cell?.acting[name] ?? [];
  if (!those.length) return [];
  let k = 0;
  while (k + 1 < cell.times.length && cell.times[k + 1] <= time) k++;
  const now = those.map(({ who, title, factors }) => [who, factors[k], title]);
  return now.filter(([, factor]) => Math.abs(factor - 1) >= 0.005);
}

const times = (factor) => `×${factor.toFixed(2)}`;

class CauseStrip {
  constructor() {
    this.root = element("section", { className: "g4-causes" });
    this.root.append(element("h2", { textContent: "From insulin to glucose" }));
    this.list = this.root.appendChild(element("ol"));
    this.note = this.root.appendChild(element("p"));
    this.rows = [];
    this.known = null; // as causes.content says
    this.open = null; // name of the link whose chart was asked for
  }

  tell(known) {
    this.known = known;
    this.list.replaceChildren();
    this.rows = known.links.map((link) => this._row(link));
    const isKnown = known.links.every(({ reference }) => reference > 0);
    this.note.textContent = isKnown
      ? "Full bar: the most that 100 nM insulin does in this cell without hormones; insulin by powers of ten. ▲ ×1.10: a hormone makes the step a tenth stronger."
      : "";
  }

  _row(link) {
    const name = element("span", { className: "g4-link", textContent: link.title });
    const button = element("button", { type: "button" }, name);
    button.setAttribute("aria-pressed", "false");
    button.style.setProperty("--g4-of-link", link.colour);
    button.addEventListener("click", () => this._openChart(link.name));
    this.list.append(element("li", {}, button));
    return { link, button, cells: [] };
  }

  _openChart(name) {
    this.open = this.open === name ? null : name;
    for (const { link, button } of this.rows) button.setAttribute("aria-pressed", String(link.name === this.open));
    document.dispatchEvent(new CustomEvent(OPEN_CHART, { detail: this.open }));
  }

  /** The share to which a link of a cell is filled, 0 .. 1. */
  share(cell, name) {
    const k = this.known.links.findIndex((link) => link.name === name);
    return filled(this.known.links[k], cell.chain[k]);
  }

  show(cells, time) {
    for (const [k, row] of this.rows.entries()) {
      while (row.cells.length > cells.length) this._drop(row);
      while (row.cells.length < cells.length) this._add(row);
      const said = cells.map((cell, i) => this._showOne(row, row.cells[i], cell, this.known.cells?.[i], k, time));
      const label = `${row.link.title}: ${said.join("; twin: ")}. Opens its chart`;
      if (row.button.getAttribute("aria-label") !== label) row.button.setAttribute("aria-label", label);
    }
    this.root.dataset.links = JSON.stringify(cells.map(({ chain }) => chain)); // for tests
  }

  _add(row) {
    const value = element("span", { className: "g4-amount" }), bar = element("span", { className: "g4-fill" });
    const acting = element("span", { className: "g4-acting" });
    const whole = element("span", { className: "g4-of-cell" }, value, element("span", { className: "g4-trough" }, bar), acting);
    row.button.append(whole);
    row.cells.push({ whole, value, bar, acting, shown: "" });
  }

  _drop(row) {
    row.cells.pop().whole.remove();
  }

  _showOne({ link }, { value, bar, acting, ...rest }, cell, known, k, time) {
    const amount = cell.chain[k], share = filled(link, amount), now = actingAt(known, link.name, time);
    setText(value, amountOf(link, amount));
    const width = `${(100 * share).toFixed(1)}%`;
    if (bar.style.width !== width) bar.style.width = width;
    const chips = now.slice(0, SHOWN).map(([who, factor]) => [factor > 1 ? "up" : "down", `${factor > 1 ? "▲" : "▼"} ${who.toLowerCase()} ${times(factor)}`]);
    if (now.length > SHOWN) chips.push(["more", `and ${now.length - SHOWN} more`]);
    const shown = chips.join("\n");
    if (acting.dataset.shown !== shown) {
      acting.dataset.shown = shown;
      acting.replaceChildren(...chips.map(([way, text]) => element("span", { className: `g4-${way}`, textContent: text })));
      acting.title = now.map(([who, factor, title]) => `${who} ${times(factor)}: ${title}`).join("\n");
    }
    const of = link.reference > 0 ? `, ${Math.round(100 * share)} % of full` : "";
    return `${amountOf(link, amount)}${of}${now.map(([who, factor]) => `, ${who} ${times(factor)}`).join("")}`;
  }
}
