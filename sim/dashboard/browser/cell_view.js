// The cell view: one or two cells that turn together, a legend of live numbers, and how they are steered.

// ---- legend: every symbol with its name and number ----

const whole = new Intl.NumberFormat("en");
const count = (n) => whole.format(n);
const percent = (x) => `${x.toFixed(1)} %`;
const perSecond = (x) => (x / 1e6).toFixed(x < 1e7 ? 2 : x < 1e8 ? 1 : 0);
const received = (name) => (cell) => count(cell.receptors[name]);

const LEGEND = [ // [title, [symbol, name, text of a cell] ...]
  ["Vesicles", ...VESICLES.map((name) => [name, name, (cell) => count(cell.counts[name])])],
  [
    "Insulin receptors",
    ["free", "inactive", received("free")],
    ["active", "active", received("active")],
    ["internalised", "internalised", received("internalised")],
  ],
  [
    "GLUT4 at the surface",
    [null, "copies", (cell) => count(cell.glut4_surface)],
    [null, "share", (cell) => percent(cell.glut4_percent)],
  ],
  [
    "Glucose, 10⁶ molecules/s",
    ["in", "in", (cell) => perSecond(cell.influx)],
    ["out", "out", (cell) => perSecond(cell.efflux)],
  ],
];

class Legend {
  constructor() {
    this.table = element("table");
    this.note = element("p");
    this.root = element("div", { className: "g4-legend" }, this.table, this.note);
    this.cells = []; // [element, text of a cell, which cell]
    this.swatches = []; // [canvas, symbol]
    this.labels = null;
  }

  show(cells, perHexagon) {
    const labels = cells.map((cell) => cell.label).join("\n");
    const isNew = this.labels !== labels;
    if (isNew) this._build(cells);
    this.labels = labels;
    for (const [td, text, i] of this.cells) setText(td, text(cells[i]));
    setText(this.note, legendNote(cells, perHexagon));
    return isNew;
  }

  _build(cells) {
    this.cells = [];
    this.swatches = [];
    this.table.replaceChildren();
    for (const [title, ...rows] of LEGEND) {
      const heading = element("th", { textContent: title, scope: "rowgroup" });
      const columns = cells.length > 1 ? cells.map(({ label }) => element("td", columnOf(label))) : [];
      if (!columns.length) heading.colSpan = 2;
      const body = element("tbody", {}, element("tr", {}, heading, ...columns));
      for (const [symbol, name, text] of rows) {
        const head = element("th", { scope: "row" });
        if (symbol) this.swatches.push([head.appendChild(element("canvas")), symbol]);
        head.append(name);
        const numbers = cells.map((_, i) => element("td"));
        numbers.forEach((td, i) => this.cells.push([td, text, i]));
        body.append(element("tr", {}, head, ...numbers));
      }
      this.table.append(body);
    }
  }

  paintSwatches(colours) {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    for (const [canvas, name] of this.swatches) {
      canvas.setAttribute("aria-hidden", "true");
      canvas.width = canvas.height = 18 * ratio;
      const c = canvas.getContext("2d");
      c.setTransform(ratio, 0, 0, ratio, 9 * ratio, 9 * ratio);
      if (name in SYMBOLS) {
        const lift = { free: 4, active: 4, tethered: 2 }[name] ?? 0;
        c.translate(0, lift);
        drawSymbol(c, SYMBOLS[name], 3.6 * SYMBOLS[name].size, -Math.PI / 2, 0.55, colours);
      } else {
        drawGlucose(c, 0, 0, 5, colours, name === "out");
      }
    }
  }
}

// A column has room for "Twin"; in what it differs is written above its cell
const columnOf = (label) => ({ textContent: label.split(":")[0], title: label });

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function legendNote(cells, perHexagon) {
  const [{ points, shown_of: all }] = cells, millions = perHexagon / 1e6;
  const notes = ["Symbols are larger than life. Receptors and insulin have no place in the model; theirs are for show. " +
      `Insulin: ${INSULIN_MOST / 5} dots for each power of ten above 1 pM.`];
  if (points < all) notes.unshift(`${count(points)} of ${count(all)} vesicles are drawn.`);
  notes.push(`Each hexagon stands for ${millions} million molecules of glucose per second.`);
  return notes.join(" ");
}

// ---- the widget ----

const KEYS = {
  ArrowLeft: (camera, shift) => (shift ? camera.move(-0.08, 0) : camera.rotate(-0.09, 0)),
  ArrowRight: (camera, shift) => (shift ? camera.move(0.08, 0) : camera.rotate(0.09, 0)),
  ArrowUp: (camera, shift) => (shift ? camera.move(0, -0.08) : camera.rotate(0, -0.09)),
  ArrowDown: (camera, shift) => (shift ? camera.move(0, 0.08) : camera.rotate(0, 0.09)),
  "+": (camera) => camera.zoomBy(1.15),
  "=": (camera) => camera.zoomBy(1.15),
  "-": (camera) => camera.zoomBy(1 / 1.15),
  0: (camera) => camera.reset(),
};
const HINT =
  "Drag or arrow keys: turn; with Shift: move. +, − or click and wheel: zoom. W: cut open. C: section. 0 or double-click: reset. " +
  "Click a vesicle, or F for the next: follow it; Escape or a click elsewhere: no more. Space: play or pause.";
const STILL = 4; // css pixels that a pointer may move in a click

const MOVING = 400; // ms after a frame for which time is held to go on

class View {
  constructor(model, parent) {
    this.model = model;
    this.camera = new Camera();
    this.section = { on: false, depth: 0, wedge: true }; // depth of its middle, in radii towards the viewer
    this.stages = [];
    this.frames = 0;
    this.flown = 0; // ms that hexagons have been on their way: they move while time does
    this.moved = -Infinity; // when a frame brought a later time [ms]
    this.drawn = 0; // when the cells were drawn last [ms]
    this._buildPage(parent);
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this._watch();
  }

  // Only a view that is in the page, and has been laid out, has a size and colours
  _mount() {
    this.colours = readColours(this.root);
    this.model.send({ kind: "ready" }); // what is sent before is lost
  }

  _buildPage(parent) {
    this.clock = element("span", { className: "g4-clock", title: "Simulated time" });
    this.toggle = element("input", { type: "checkbox" });
    this.wedge = element("input", { type: "checkbox", checked: true });
    this.slider = element("input", { type: "range", min: -95, max: 95, step: 1, value: 0 });
    this.slider.setAttribute("aria-label", "Depth of the section");
    this.depth = element("output");
    this.back = element("button", { type: "button", textContent: "Reset view" });
    const switched = element("label", {}, this.toggle, "Section"), open = element("label", {}, this.wedge, "Cut open");
    this.bar = element("div", { className: "g4-bar" }, this.clock, open, switched, this.slider, this.depth, this.back);
    this.row = element("div", { className: "g4-stages" });
    this.scrub = new Scrubber((time) => this.model.send({ kind: "look back", time }));
    this.video = new Video(this);
    this.scrub.root.append(this.video.button);
    this.patches = element("div", { className: "g4-patches" });
    this.legend = new Legend();
    this.strip = new CauseStrip();
    this.followed = new FollowedList(() => this._follow(0, null));
    const sight = element("div", { className: "g4-sight" }, this.bar, this.row, this.scrub.root, this.patches, this.followed.root, this.legend.root);
    sight.append(element("p", { textContent: HINT }));
    const both = element("div", { className: "g4-both" }, sight, this.strip.root);
    this.root = element("div", { className: "g4-cell" }, both);
    Object.assign(this.root.dataset, { frames: 0, points: 0 });
    parent.append(this.root);
    this._showSection();
  }

  _watch() {
    this.stop = new AbortController();
    const { signal } = this.stop, on = (target, type, act) => target.addEventListener(type, act, { signal });
    this.onMessage = (content, buffers) => content.kind === "frame" && this._receive(content, buffers);
    this.model.on("msg:custom", this.onMessage);
    this.onCauses = () => this._tellCauses();
    this.model.on("change:causes", this.onCauses);
    this._tellCauses();
    on(this.wedge, "change", () => (this._cut(false), (this.section.wedge = this.wedge.checked), this.redraw()));
    on(this.toggle, "change", () => this._cut(this.toggle.checked));
    on(this.slider, "input", () => this._cut(true, this.slider.value / 100));
    on(this.back, "click", () => (this.camera.reset(), this.redraw()));
    on(document, "keydown", (event) => this._playOrPause(event));
    on(this.root, "keydown", (event) => event.key === "Escape" && this._follow(0, null));
    this.endTheme = followTheme(this.root, (dark) => this._changeTheme(dark));
    this.sizes = new ResizeObserver(() => {
      if (!this.colours) this._mount();
      this.resized = true;
      this.redraw();
    });
    this.sizes.observe(this.row);
  }

  destroy() {
    this.stop.abort();
    this.endTheme();
    this.sizes.disconnect();
    this.model.off("msg:custom", this.onMessage);
    this.model.off("change:causes", this.onCauses);
    cancelAnimationFrame(this.asked);
    clearTimeout(this.writing);
    this.root.remove();
  }

  _changeTheme(dark) {
    this.root.dataset.theme = dark ? "dark" : "light";
    if (!this.colours) return;
    this.colours = readColours(this.root);
    this.stages.forEach((stage) => stage.forgetPictures());
    this.legend.paintSwatches(this.colours);
    this.redraw();
  }

  _tellCauses() {
    this.strip.tell(this.model.get("causes"));
    if (this.cells) this.strip.show(this.cells, this.time);
  }

  _receive(message, buffers) {
    if (!this.colours) return; // meant for another view of the same widget; this one will ask when it is ready
    while (this.stages.length < message.cells.length) this._addStage();
    while (this.stages.length > message.cells.length) this.stages.pop().remove();
    this.perHexagon = message.molecules_per_hexagon;
    message.cells.forEach((cell, i) => this.stages[i].show(cell, message.time, this.perHexagon, buffers.slice(3 * i, 3 * i + 3)));
    this.cells = message.cells;
    if (message.time > this.time) this.moved = performance.now();
    this.time = message.time;
    this.root.dataset.cells = this.cells.length;
    this.message = this.pending = message;
    this.redraw();
  }

  _addStage() {
    const stage = new Stage(this);
    this.stages.push(stage);
    this.row.append(stage.figure);
    this.patches.append(stage.patch.root);
    this._steer(stage);
    const { canvas } = stage.patch;
    canvas.addEventListener("click", ({ offsetX, offsetY }) => this._follow(this.stages.indexOf(stage), stage.patch.pick(offsetX, offsetY)));
    this.resized = true;
  }

  // Asks for a vesicle of a cell to be followed, or for none; frames tell what became of it
  _follow(cell, vesicle) {
    if (vesicle !== null || this.cells?.some(({ followed }) => followed)) this.model.send({ kind: "follow", cell, vesicle });
  }

  // The numbers change a few times a second, or nobody could read them
  _write() {
    this.writing = null;
    if (this.legend.show(this.cells, this.perHexagon)) this.legend.paintSwatches(this.colours);
    this.strip.show(this.cells, this.time);
    this.followed.show(this.cells);
    this.scrub.show(this.message);
    this.root.dataset.symbols = this.stages[0].drawn.join();
    this.stages.forEach((stage) => stage.patch.write());
    this._showSection();
  }

  redraw() {
    this.stale = true;
    this.asked ??= requestAnimationFrame((now) => this._draw(now));
  }

  _draw(now) {
    this.asked = null;
    if (!this.cells || !this.colours) return;
    if (this.resized) this.stages.forEach((stage) => stage.resize());
    this.resized = false;
    const isMoving = now - this.moved < MOVING && !this.still.matches;
    if (isMoving) this.flown += Math.min(Math.max(now - this.drawn, 0), MOVING);
    this.drawn = now;
    let isFlashing = false;
    this.camera.keepOn(this.stages[0].shell);
    for (const stage of this.stages) {
      if (this.stale) stage.drawPoints();
      if (stage.present(this.flown, now, this.still.matches, this.stale)) isFlashing = true;
    }
    if (this.stale) this.writing ??= setTimeout(() => this._write(), this.frames ? 120 : 0);
    this.stale = false;
    if (this.video.recorder) this.video.take();
    const [{ hexagons: [glucoseIn, glucoseOut], insulin, flashes }] = this.stages;
    Object.assign(this.root.dataset, { glucoseIn, glucoseOut, insulin, flashes: flashes.total });
    setText(this.clock, clock(this.time));
    if (this.pending) this._acknowledge(this.pending);
    if (isMoving || isFlashing) this.asked ??= requestAnimationFrame((later) => this._draw(later));
  }

  _acknowledge({ id, time, cells }) {
    this.pending = null;
    this.frames++;
    const points = cells.reduce((sum, cell) => sum + cell.points, 0);
    Object.assign(this.root.dataset, { frames: this.frames, time, points });
    this.model.send({ kind: "drawn", id });
  }

  // Space does what the page's button for it does, unless it has a meaning where the focus is
  _playOrPause(event) {
    const isFree = event.target === document.body || this.row.contains(event.target);
    if (event.key !== " " || event.repeat || !isFree) return;
    event.preventDefault();
    document.querySelector("[data-play]")?.click();
  }

  _cut(on, depth = this.section.depth) {
    Object.assign(this.section, { on, depth });
    this._showSection();
    this.redraw();
  }

  _showSection() {
    const { on, depth } = this.section, radius = this.cells?.[0].radius;
    this.toggle.checked = on;
    this.wedge.parentElement.hidden = Boolean(this.cells?.[0].slice); // no wedge is cut out of a slice
    this.slider.hidden = this.depth.hidden = !on;
    if (!radius) return;
    const at = `${(depth * radius).toFixed(1).replace(/^-0.0$/, "0.0").replace("-", "−")} µm`;
    setText(this.depth, `${at}, ${sectionWidth(radius)} µm thick`);
    this.slider.setAttribute("aria-valuetext", `${at} from the centre`);
    this.slider.value = 100 * depth;
  }

  _steer(stage) {
    const { camera } = this, { signal } = this.stop, { canvas } = stage;
    const on = (type, act) => canvas.addEventListener(type, act, { signal, passive: false });
    const scale = () => ROOM * canvas.clientWidth; // css pixels per radius
    let last = null, first = null; // where the pointer was, and where it went down
    on("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      last = first = event;
    });
    on("click", (event) => {
      if (Math.hypot(event.clientX - first?.clientX, event.clientY - first?.clientY) > STILL) return;
      this._follow(this.stages.indexOf(stage), stage.pick(event.offsetX, event.offsetY));
    });
    on("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      const x = (event.clientX - last.clientX) / scale(), y = (event.clientY - last.clientY) / scale();
      last = event;
      if (event.shiftKey || event.buttons > 1) camera.move(x, y);
      else camera.rotate(x / camera.zoom, y / camera.zoom);
      this.redraw();
    });
    on("wheel", (event) => {
      if (document.activeElement !== canvas && !event.ctrlKey) return; // it scrolls the page
      event.preventDefault();
      const { left, top, width } = canvas.getBoundingClientRect();
      const x = event.clientX - left - width / 2, y = event.clientY - top - width / 2;
      camera.zoomBy(Math.exp(-event.deltaY / 600), x / scale(), y / scale());
      this.redraw();
    });
    on("dblclick", () => (camera.reset(), this.redraw()));
    on("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key.toLowerCase() === "c") this._cut(!this.section.on);
      else if (event.key.toLowerCase() === "w") this.wedge.click();
      else if (event.key.toLowerCase() === "f") {
        this._follow(this.stages.indexOf(stage), stage.next(stage.cell.followed?.vesicle ?? -1, event.shiftKey ? -1 : 1));
      }
      else if (KEYS[event.key]) KEYS[event.key](camera, event.shiftKey);
      else return;
      event.preventDefault();
      this.redraw();
    });
  }
}

export default {
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.destroy();
  },
};
