// A patch of the membrane, magnified: what is tethered, docked, fused or clustered there, and what is near it inside.
//
// The patch is seen from the side and a little from above: outside is up. It lies under a place of the screen, as under
// a lens, so that turning the cell moves it; or where a vesicle is that is followed.

const EXPECTED = 60; // vesicles in a patch, were all that are drawn in the membrane
const LENS = { whole: [-0.45, 0.35], cut: [-0.86, 0.22], section: [-0.8, 0.6] }; // right and up, of the cell's radii
const SHEET = 15; // half the height of the sheet as drawn, and
const SKEW = 24; // half of what its far edge is shifted to the right [css pixels]
const ABOVE = 46; // middle of the sheet, from the top [css pixels]
const SHEETS_HEIGHT = ABOVE + SHEET + 10; // down to the lower of its two layers [css pixels]
const DOTS = [[-1.7, 0.2], [-1.1, -0.5], [-0.5, 0.5], [0.1, -0.2], [0.7, 0.6], [1.2, -0.6], [1.8, 0.1]]; // of GLUT4 that has dispersed
const NAMED = ["tethered", "docked", "fused", "clustered"].map((name) => VESICLES.indexOf(name));

const dot3 = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const unit3 = (v) => v.map((x) => x / Math.hypot(...v));

class Patch {
  constructor(stage) {
    this.stage = stage;
    this.title = element("p", { className: "g4-patch-title" });
    this.canvas = element("canvas", { className: "g4-patch" });
    this.canvas.setAttribute("role", "img");
    this.root = element("div", {}, this.title, this.canvas);
    this.shown = []; // of what is in it: [vesicle, x, y] on the canvas [css pixels], far ones first
    this.counts = NAMED.map(() => 0);
    this.time = -1; // that is shown [s]
    this.still = new OffscreenCanvas(1, 1); // what stays while rings of fusions widen
    this.sheet = this.sheetKey = null; // its picture, and what that is of
    this.frame = null; // out, along and aside: unit vectors in the cell; and half the width and depth [radii]
  }

  /** Where it lies: its directions in the cell, and its size. */
  _find() {
    const { stage } = this, { cell, where, view } = stage, { slice, radius } = cell, [a, b, c, d, e, f, g, h, i] = view.camera.turn;
    const up = slice ? [0, 0, 1] : [d, e, f], followed = cell.followed?.vesicle;
    let out = [...where.subarray(3 * followed, 3 * followed + 3)];
    if (followed === undefined || Math.hypot(...out) < 1e-6) {
      const [x, y] = LENS[view.section.on ? "section" : stage.isCut ? "cut" : "whole"], depth = view.section.on ? view.section.depth : null;
      const scale = depth === null ? 1 : Math.sqrt(1 - depth * depth), near = depth ?? Math.sqrt(1 - x * x - y * y);
      out = [a * x + d * y, b * x + e * y, c * x + f * y].map((v, k) => v * scale + [g, h, i][k] * near);
    }
    if (slice) out[2] = 0;
    out = unit3(out);
    const along = unit3(cross(Math.abs(dot3(up, out)) > 0.99 ? [g, h, i] : up, out));
    // on a slice only the rim is membrane; of its vesicles about half are there
    const area = (EXPECTED / cell.points) * (slice ? 4 * Math.PI * (slice.thickness / radius) : 4 * Math.PI), wide = Math.sqrt(1.5 * area) / 2;
    const half = slice ? slice.thickness / radius / 2 : Infinity;
    return { out, along, aside: cross(out, along), wide: Math.min(wide, 0.6), deep: Math.min(wide / 1.5, half) };
  }

  /** Its corners, as places of the cell. */
  corners() {
    const { out, along, aside, wide, deep } = this.frame;
    return [[1, 1], [-1, 1], [-1, -1], [1, -1]].map(([x, y]) => {
      const at = out.map((v, k) => v + along[k] * x * wide + aside[k] * y * deep), across = this.stage.cell.slice ? Math.hypot(at[0], at[1]) : Math.hypot(...at);
      return at.map((v, k) => (this.stage.cell.slice && k === 2 ? v : v / across));
    });
  }

  draw(now, isNew) {
    const { colours } = this.stage.view, { g: c, width, height } = sharpen(this.canvas);
    if (isNew) this._paint(width, height);
    if (!width) return;
    c.drawImage(this.still, 0, 0, width, height);
    this._flash(c, now, colours);
  }

  _paint(width, height) {
    const { stage } = this, { colours } = stage.view, { width: across, height: down } = this.canvas;
    this.frame = this._find();
    this.time = stage.view.time;
    if (!width) return;
    Object.assign(this.still, { width: across, height: down }); // which empties it
    const c = this.still.getContext("2d");
    c.scale(across / width, down / height);
    this.scale = width / 2 / (this.frame.wide * 1.02) - SKEW / this.frame.wide; // css pixels per radius
    this.size = Math.max(5, Math.min(8, (0.06 * this.scale) / stage.cell.radius));
    const there = this._collect(height);
    for (const one of there) one.inside = one.y + this._deep(one.state, one.depth);
    const draw = ({ state, x, y, inside }) => drawInPatch(c, state, x, y, inside, this.size, colours);
    drawCytosol(c, width, height, colours);
    there.filter(({ state }) => !OPEN[state]).forEach(draw);
    c.drawImage(this._sheet(width, colours), 0, 0, width, SHEETS_HEIGHT);
    there.filter(({ state }) => OPEN[state]).forEach(draw);
    this.shown = there.map(({ vesicle, state, x, y, inside }) => [vesicle, x, OPEN[state] ? y : inside]);
    const named = new Set();
    c.font = "10.5px system-ui, sans-serif";
    c.lineJoin = "round";
    for (const [k, { state, x }] of [...there.entries()].reverse()) { // the nearest of each says what it is
      if (!NAMED.includes(state) || named.has(state)) continue;
      named.add(state);
      const at = [Math.min(x + this.size + 3, width - 52), this.shown[k][2] + (OPEN[state] ? -7 : 4)];
      c.strokeStyle = colours.paper;
      c.lineWidth = 3;
      c.strokeText(VESICLES[state], ...at);
      c.fillStyle = colours.ink;
      c.fillText(VESICLES[state], ...at);
    }
    this._mark(c, colours);
    this.counts = NAMED.map((state) => there.filter((one) => one.state === state).length);
  }

  // The sheet is always the same, and its thousand heads of lipids take their time
  _sheet(width, colours) {
    const ratio = Math.min(devicePixelRatio || 1, 2), key = `${width} ${ratio} ${colours.rim}`;
    if (this.sheetKey === key) return this.sheet;
    this.sheet = new OffscreenCanvas(width * ratio, SHEETS_HEIGHT * ratio);
    const c = this.sheet.getContext("2d");
    c.scale(ratio, ratio);
    drawSheet(c, width, colours);
    this.sheetKey = key;
    return this.sheet;
  }

  // Those in the patch, the far ones first
  _collect(height) {
    const { stage, frame, scale } = this, { where, symbol, cell } = stage, { out, along, aside, wide, deep } = frame, found = [];
    const [ox, oy, oz] = out, [ax, ay, az] = along, [bx, by, bz] = aside, deepest = (height - ABOVE - SHEET) / scale;
    for (let k = 0; k < stage.vesicles; k++) {
      const x = where[3 * k], y = where[3 * k + 1], z = where[3 * k + 2], right = ax * x + ay * y + az * z;
      if (right > wide || right < -wide || ox * x + oy * y + oz * z < 0) continue;
      const far = bx * x + by * y + bz * z;
      if (far > deep || far < -deep) continue;
      const depth = 1 - (cell.slice ? Math.hypot(x, y) : Math.hypot(x, y, z));
      if (depth < deepest) found.push({ vesicle: k, state: symbol[k], far, depth, ...this._at(right, far) });
    }
    return found.sort((one, other) => other.far - one.far);
  }

  _at(right, far) {
    const share = far / this.frame.deep;
    return { x: this.canvas.clientWidth / 2 + right * this.scale + SKEW * share, y: ABOVE - SHEET * share };
  }

  // How far under the sheet it is drawn: those at the membrane as near to it as their size allows [css pixels]
  _deep(state, depth) {
    if (VESICLES[state] === "docked") return this.size + 2;
    const least = VESICLES[state] === "tethered" ? 2 * this.size + 5 : this.size + 4;
    return Math.max(least, depth * this.scale);
  }

  _mark(c, colours) {
    const marked = this.shown.find(([vesicle]) => vesicle === this.stage.cell.followed?.vesicle);
    if (!marked) return;
    c.strokeStyle = colours.ink;
    c.lineWidth = 2;
    c.beginPath();
    c.arc(marked[1], marked[2], this.size + 4, 0, 2 * Math.PI);
    c.stroke();
  }

  _flash(c, now, colours) {
    const { out, along, aside, wide, deep } = this.frame;
    c.strokeStyle = colours.fused;
    for (const [born, ...place] of this.stage.flashes.alive) {
      const right = dot3(along, place), far = dot3(aside, place), age = (now - born) / FLASH;
      if (Math.abs(right) > wide || Math.abs(far) > deep || dot3(out, place) < 0 || age < 0 || age > 1) continue;
      const { x, y } = this._at(right, far);
      c.globalAlpha = 1 - age;
      c.lineWidth = 2;
      c.beginPath();
      c.ellipse(x, y, 6 + 22 * age, 3 + 9 * age, 0, 0, 2 * Math.PI);
      c.stroke();
    }
    c.globalAlpha = 1;
  }

  /** The vesicle at a place of the canvas [css pixels], if there is one. */
  pick(x, y) {
    let best = 14, found = null;
    for (const [vesicle, px, py] of this.shown) {
      const away = Math.hypot(px - x, py - y);
      if (away <= best) (best = away), (found = vesicle);
    }
    return found;
  }

  /** Says in words what is in it. */
  write() {
    if (!this.frame) return;
    const { radius, followed } = this.stage.cell, um = (share) => (2 * share * radius).toFixed(1);
    const what = NAMED.map((state, k) => `${this.counts[k]} ${VESICLES[state]}`).join(", ");
    setText(this.title, `${followed ? "Where it is" : "In the frame"}, ${um(this.frame.wide)} × ${um(this.frame.deep)} µm: ${what}`);
    const label = `A patch of membrane, magnified. ${this.title.textContent}`;
    if (this.canvas.getAttribute("aria-label") !== label) this.canvas.setAttribute("aria-label", label);
    this.canvas.dataset.told = JSON.stringify({ ...this.frame, counts: this.counts, time: this.time }); // for tests
  }
}

function drawCytosol(c, width, height, colours) {
  c.fillStyle = colours.cytosol;
  c.fillRect(0, ABOVE, width, height - ABOVE);
}

/** The membrane, a sheet that one sees through, whose near edge shows its two layers. */
function drawSheet(c, width, colours) {
  const [left, right, near, far] = [0, width, ABOVE + SHEET, ABOVE - SHEET];
  c.globalAlpha = 0.6;
  c.fillStyle = colours.rim;
  c.beginPath();
  for (const at of [[left, near], [left + 2 * SKEW, far], [right, far], [right - 2 * SKEW, near]]) c.lineTo(...at);
  c.fill();
  c.fillRect(0, near, width, 4);
  c.globalAlpha = 1;
  c.strokeStyle = colours.membrane;
  c.lineWidth = 3.4;
  c.lineCap = "round";
  c.setLineDash([0, 4.6]); // the heads of its lipids
  for (const y of [near, near + 5]) (c.beginPath(), c.moveTo(left, y), c.lineTo(right, y), c.stroke());
  c.setLineDash([]);
}

/** A vesicle `inside` the cell under the place (x, y) of the sheet, or its GLUT4 in the sheet. */
function drawInPatch(c, state, x, y, inside, size, colours) {
  const name = VESICLES[state], ball = (px, py, r) => (c.beginPath(), c.arc(px, py, r, 0, 2 * Math.PI));
  c.fillStyle = c.strokeStyle = colours[name];
  c.lineWidth = 1.6;
  if (OPEN[state]) {
    const spread = name === "fused" ? 1 : 0.42; // dispersed, or held together
    c.beginPath();
    for (const [dx, dy] of DOTS) {
      const [px, py] = [x + dx * size * spread, y + dy * 0.8 * size * spread];
      c.moveTo(px + 1.7, py);
      c.arc(px, py, 1.7, 0, 2 * Math.PI);
    }
    c.fill();
    if (name === "clustered") (c.beginPath(), c.ellipse(x, y, 1.25 * size, 0.7 * size, 0, 0, 2 * Math.PI), c.stroke());
    return;
  }
  if (name === "tethered") (c.beginPath(), c.moveTo(x, inside - size), c.lineTo(x, y), c.stroke());
  ball(x, inside, size);
  c.globalAlpha = name === "endocytosed" ? 0.15 : 0.35;
  c.fill();
  c.globalAlpha = 1;
  c.stroke();
  c.beginPath();
  for (const [dx, dy] of DOTS.slice(1, 6)) { // GLUT4 on it
    const [px, py] = [x + 0.55 * dx * size, inside + 0.75 * dy * size];
    c.moveTo(px + 1.1, py);
    c.arc(px, py, 1.1, 0, 2 * Math.PI);
  }
  c.fill();
}
