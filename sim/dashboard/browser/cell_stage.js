// One cell on its canvas: symbols, far ones first, on a painted backdrop, and glucose and the scale bar on top.
//
// Lengths are in units of the cell's radius. The projection is orthographic, so that the scale bar holds everywhere.

const HALF = 32767.5; // a coordinate of 0 .. 2 HALF stands for -1 .. 1
const DEPTHS = 64; // bins in which symbols are sorted
const [LEAST, MOST] = [1.35, 5.8]; // size of symbols of unit 1 [css pixels]
const FLIGHT = 900; // ms that a hexagon is on its way
const SARCOMERES = 24; // of the fibre behind a slice of muscle, as far as they fit
const APART = (Math.sqrt(5) - 1) / 2; // of its way that each hexagon is ahead of the one before: evenly spread, however many

// ---- glucose on its way across the membrane: as many hexagons as the flow is worth, at any speed and at none ----

class Flow {
  constructor() {
    this.count = 0; // hexagons
    this.places = []; // of each: where on the membrane,
    this.ways = []; // and on which of its ways it is
  }

  // Between two numbers it stays at the one it has, or the last hexagon would flicker
  follow(flow, perHexagon) {
    if (Math.abs(flow / perHexagon - this.count) > 0.75) this.count = Math.round(flow / perHexagon);
    while (this.places.length < this.count) (this.places.push(new Float32Array(3)), this.ways.push(-1));
  }

  // Calls `draw(place, share of the way)` for each; `flown` [ms] stands still when time does
  each(flown, isInView, pickPlace, draw) {
    for (let i = 0; i < this.count; i++) {
      const at = flown / FLIGHT + (i + 1) * APART, way = Math.floor(at), place = this.places[i];
      if (this.ways[i] !== way || !isInView(place)) pickPlace(place);
      this.ways[i] = way;
      draw(place, at - way);
    }
  }
}

// ---- one cell on its canvas ----

class Stage {
  constructor(view) {
    this.view = view;
    this.figure = element("figure");
    this.caption = this.figure.appendChild(element("figcaption"));
    this.canvas = this.figure.appendChild(element("canvas", { className: "g4-stage", tabIndex: 0 }));
    this.patch = new Patch(this);
    this.canvas.setAttribute("role", "application");
    this.context = this.canvas.getContext("2d");
    this.flows = [new Flow(), new Flow()]; // in, out
    this.hexagons = [0, 0]; // drawn of each
    this.flashes = new Flashes();
    this.trails = new Trails();
    this.track = new Track(); // of the vesicle that is followed
    this.insulin = 0; // dots drawn
    this.wasFlashing = false; // when it was presented last
    this.drawn = new Uint32Array(DRAWN.length); // of each symbol
    this.cell = null; // as the message has it
    this.total = this.vesicles = 0; // symbols, and how many of them are vesicles
    this._makeRoom(0);
  }

  remove() {
    this.figure.remove();
    this.patch.root.remove();
  }

  show(cell, time, perHexagon, [positions, states, receptors]) {
    if (this.cell?.label !== cell.label) {
      this.caption.textContent = this.caption.title = cell.label;
      this.canvas.setAttribute("aria-label", `${cell.label}: the cell and its vesicles, numbers in the table. ${HINT}`);
    }
    this.cell = cell;
    this.flows[0].follow(cell.influx, perHexagon);
    this.flows[1].follow(cell.efflux, perHexagon);
    this.vesicles = states.byteLength;
    this.total = this.vesicles + receptors.byteLength;
    if (this.total > this.symbol.length) this._makeRoom(this.total);
    const { where, symbol } = this;
    const aligned = positions.byteOffset % 2 === 0; // a buffer lies in the message wherever the one before it ends
    const [bytes, at] = aligned ? [positions.buffer, positions.byteOffset] : [copyOf(positions), 0];
    const from = new Uint16Array(bytes, at, 3 * this.vesicles);
    for (let i = 0; i < from.length; i++) where[i] = from[i] / HALF - 1;
    const now = new Uint8Array(states.buffer, states.byteOffset, this.vesicles);
    this._flash(now);
    symbol.set(now);
    this.trails.follow(time, where, symbol, this.vesicles);
    const followed = cell.followed?.vesicle ?? null;
    this.track.follow(time, followed, where.subarray(3 * followed, 3 * followed + 3));
    this._placeReceptors(new Uint8Array(receptors.buffer, receptors.byteOffset, receptors.byteLength));
  }

  _flash(now) {
    const { where, symbol } = this, place = (k) => where.subarray(3 * k, 3 * k + 3), fresh = [];
    for (let k = 0; k < now.length; k++) if (now[k] === FUSED && !OPEN[symbol[k]]) fresh.push([...place(k)]);
    const anywhere = () => {
      const angle = 2 * Math.PI * Math.random(), height = 2 * Math.random() - 1, across = Math.sqrt(1 - height * height);
      return [across * Math.cos(angle), across * Math.sin(angle), height];
    };
    this.flashes.follow(this.cell.fusions, performance.now(), fresh, anywhere);
  }

  _makeRoom(n) {
    this.where = new Float32Array(3 * n); // in the cell, in radii
    this.symbol = new Uint8Array(n); // index into DRAWN
    this.at = new Int32Array(n); // from here on only those in view: pixel,
    this.sprite = new Uint16Array(n);
    this.depth = new Uint8Array(n); // bin
    this.order = new Uint32Array(n); // and, from far to near, which
  }

  // A Fibonacci lattice covers the membrane evenly; a receptor always has the same place
  _placeReceptors(groups) {
    const n = groups.length, golden = Math.PI * (3 - Math.sqrt(5));
    if (this.cell.slice) {
      this._placeOnSlice(groups, golden);
      return;
    }
    for (let i = 0, k = this.vesicles; i < n; i++, k++) {
      const height = 1 - (2 * i + 1) / n, out = RECEPTORS[groups[i]] === "internalised" ? 0.965 : 1;
      const across = Math.sqrt(1 - height * height) * out;
      this.where[3 * k] = across * Math.cos(golden * i);
      this.where[3 * k + 1] = across * Math.sin(golden * i);
      this.where[3 * k + 2] = height * out;
      this.symbol[k] = VESICLES.length + groups[i];
    }
  }

  // The same on the rim of a slice, and, those that come last, on its planes of T-tubules
  _placeOnSlice(groups, golden) {
    const { slice, radius } = this.cell, n = groups.length, rim = Math.round(n * (1 - slice.receptors_on_tubules));
    for (let i = 0, k = this.vesicles; i < n; i++, k++) {
      const inside = RECEPTORS[groups[i]] === "internalised", onRim = i < rim;
      const share = onRim ? (i + 0.5) / rim : (i - rim + 0.5) / (n - rim);
      const out = onRim ? (inside ? 0.965 : 1) : 0.96 * Math.sqrt(share);
      const along = onRim ? slice.thickness * (((i * golden) % 1) - 0.5) : (i % 2 ? 1 : -1) * slice.tubules;
      this.where[3 * k] = out * Math.cos(golden * i);
      this.where[3 * k + 1] = out * Math.sin(golden * i);
      this.where[3 * k + 2] = along / radius;
      this.symbol[k] = VESICLES.length + groups[i];
    }
  }

  /** Where what is drawn of a cut cell is [radii]; 0 if some of it lies in the middle. */
  get shell() {
    const { section } = this.view, inner = this.cell.inner_radius / this.cell.radius, deep = section.on ? section.depth : 0;
    if (inner <= Math.abs(deep) || !(section.on || section.wedge)) return 0;
    return (Math.sqrt(inner * inner - deep * deep) + Math.sqrt(1 - deep * deep)) / 2;
  }

  resize() {
    this.ratio = Math.min(devicePixelRatio || 1, 2);
    const side = Math.round(this.canvas.clientWidth * this.ratio);
    if (this.image && (side === 0 || this.side === side)) return; // 0: hidden for now
    this.side = this.canvas.width = this.canvas.height = side;
    this.pad = Math.ceil(REACH * MOST * this.ratio) + 2; // round the canvas, so that symbols on its edge are drawn, too
    this.stride = side + 2 * this.pad;
    this.image = this.context.createImageData(this.stride, this.stride);
    this.pixels = new Int32Array(this.image.data.buffer);
    this.forgetPictures();
  }

  forgetPictures() {
    this.backdrop = this.sprites = null;
  }

  // What holds for all points of a picture: scale, slab, sprites, backdrop
  _prepare() {
    const { camera, section, colours } = this.view, { side, ratio } = this;
    this.radius = ROOM * side * camera.zoom;
    this.left = side * (0.5 + ROOM * camera.x);
    this.top = side * (0.5 + ROOM * camera.y);
    this.inner = this.cell.inner_radius / this.cell.radius;
    this.middle = section.on ? section.depth : 0;
    this.half = section.on ? sectionWidth(this.cell.radius) / 2 / this.cell.radius : Infinity;
    this.isCut = section.wedge && !section.on && !this.cell.slice;
    this.glow = GLOW.map(([name]) => Math.round(GLOWS * this.view.strip.share(this.cell, name)));
    // Symbols grow with the room there is for one, within bounds, in half pixels
    const inView = this.vesicles * (this.isCut ? DEEP : Math.min(this.half, 0.5)) + 1;
    const room = (0.95 * this.radius) / Math.sqrt(inView), most = Math.min(MOST, 3.6 * Math.sqrt(camera.zoom));
    const unit = Math.round(2 * Math.max(LEAST * ratio, Math.min(room, most * ratio))) / 2;
    if (this.sprites?.unit !== unit) this.sprites = new Sprites(unit, this.stride, colours);
    const key = [camera.zoom, camera.x, camera.y, section.on, section.depth, this.inner, this.isCut, this.glow, this.cell.slice ? camera.turn : ""].join();
    if (!this.backdrop || this.backdropKey !== key) this.backdrop = this._paintBackdrop();
    this.backdropKey = key;
  }

  _paintBackdrop() {
    const { colours, section } = this.view, { stride, pad, ratio, left, top, radius, middle } = this;
    const c = new OffscreenCanvas(stride, stride).getContext("2d", { willReadFrequently: true });
    const circle = (r) => (c.beginPath(), c.arc(left, top, r, 0, 2 * Math.PI));
    const shade = (r, light, stops) => { // a disc, lit from the upper left
      const gradient = c.createRadialGradient(left - light * r, top - light * r, 0, left, top, r);
      for (const [share, colour] of stops) gradient.addColorStop(share, colour);
      c.fillStyle = gradient;
      circle(r);
      c.fill();
    };
    const outline = Math.sqrt(1 - middle * middle) * radius;
    const body = Math.sqrt(Math.max(0, this.inner * this.inner - middle * middle)) * radius;
    c.fillStyle = colours.paper;
    c.fillRect(0, 0, stride, stride);
    c.translate(pad, pad);
    if (this.cell.slice) {
      this._paintSlice(c);
      return new Int32Array(c.getImageData(0, 0, stride, stride).data.buffer);
    }
    shade(outline, 0, [[0, colours.cytosol], [section.on ? 0.93 : 0.7, colours.cytosol], [1, colours.rim]]);
    if (this.isCut) {
      paintWedge(c, left, top, radius, this.inner, ratio, colours, this.glow);
    } else {
      circle(outline);
      c.save();
      c.clip();
      paintGlow(c, this.glow, colours, radius, (inset) => circle(outline - inset));
      c.restore();
    }
    if (body > 0 && !this.isCut) {
      const [light, edge] = section.on ? [0, 0.8] : [0.35, 0.15];
      shade(body, light, [[0, colours.body], [edge, colours.body], [1, colours["body-shade"]]]);
    }
    c.strokeStyle = colours.membrane;
    c.lineWidth = ratio;
    for (const shift of section.on ? [-1.4, 1.4] : [0]) { // both leaflets, where the membrane is cut
      circle(outline + shift * ratio);
      c.stroke();
    }
    if (Math.abs(middle) > 0.05) { // how far the whole cell reaches
      c.setLineDash([3 * ratio, 4 * ratio]);
      circle(radius);
      c.stroke();
    }
    if (section.on && body > 70 * ratio) {
      c.font = `${12 * ratio}px system-ui, sans-serif`;
      c.textAlign = "center";
      c.fillStyle = colours.muted;
      c.fillText("lipid droplet or nucleus", left, top + 4 * ratio);
    }
    return new Int32Array(c.getImageData(0, 0, stride, stride).data.buffer);
  }

  // Both faces of a slice as they are turned, and between them the planes of its T-tubules
  _paintSlice(c) {
    const { colours, camera } = this.view, { ratio, left, top, radius } = this, { slice } = this.cell;
    const [right, up, near] = [camera.turn[2], camera.turn[5], camera.turn[8]]; // of the fibre's axis
    const disc = (along) => {
      const x = left + (right * along * radius) / this.cell.radius, y = top - (up * along * radius) / this.cell.radius;
      c.beginPath();
      c.ellipse(x, y, Math.abs(near) * radius, radius, Math.atan2(-up, right), 0, 2 * Math.PI);
    };
    c.fillStyle = colours.cytosol;
    c.strokeStyle = colours.membrane;
    c.lineWidth = ratio;
    const faces = [-slice.thickness / 2, slice.thickness / 2].sort((one, other) => (one - other) * near);
    const back = faces[0] - faces[1]; // the fibre goes on behind the slice, striped, a sarcomere as long as the slice
    for (let part = 2 * SARCOMERES; part >= 0; part--) {
      c.fillStyle = part % 2 ? colours.rim : colours.stripe;
      for (const share of [0.5, 0.25, 0]) (disc(faces[0] + (back * (part + share)) / 2), c.fill());
    }
    c.fillStyle = colours.cytosol;
    disc(faces[1]);
    c.fill();
    c.save();
    c.clip();
    paintGlow(c, this.glow, colours, radius, () => disc(faces[1]));
    c.restore();
    for (const along of faces) (c.strokeStyle = colours.membrane, c.lineWidth = ratio, disc(along), c.stroke());
    c.setLineDash([3 * ratio, 4 * ratio]);
    for (const along of [-slice.tubules, slice.tubules]) (disc(along), c.stroke());
    c.setLineDash([]);
  }

  drawPoints() {
    this._prepare();
    this.pixels.set(this.backdrop);
    this._drawTrails();
    const n = this._place(), bins = new Uint32Array(DEPTHS + 1);
    const { depth, order, at, sprite, sprites, pixels } = this;
    for (let i = 0; i < n; i++) bins[depth[i] + 1]++;
    for (let d = 0; d < DEPTHS; d++) bins[d + 1] += bins[d];
    for (let i = 0; i < n; i++) order[bins[depth[i]]++] = i;
    const [palest, step] = this.half < 1 || this.isCut ? [LEVELS / 2, DEPTHS / (LEVELS / 2)] : [0, DEPTHS / LEVELS];
    for (let k = 0; k < n; k++) {
      const i = order[k];
      sprites.stamp(pixels, at[i], sprite[i], (palest + depth[i] / step) | 0);
    }
  }

  // Where on the canvas each symbol in view is, and its sprite; returns how many these are
  _place() {
    const { where, symbol, at, sprite, depth, stride, pad, radius, middle, half, inner, isCut } = this;
    const { margin, first } = this.sprites, [a, b, c, d, e, f, g, h, i] = this.view.camera.turn;
    const range = Math.min(half, 1), left = this.left + pad, top = this.top + pad, last = stride - margin;
    this.drawn.fill(0);
    let seen = 0;
    for (let k = 0; k < this.total; k++) {
      const x = where[3 * k], y = where[3 * k + 1], z = where[3 * k + 2];
      const near = g * x + h * y + i * z - middle;
      if (near > half || near < -half) continue;
      const right = a * x + b * y + c * z, up = d * x + e * y + f * z, aside = right * right + up * up;
      if (half > 1 && near < 0 && aside < inner * inner) continue; // behind the inner body
      const behind = isCut ? surfaceOfCut(right, up) - near : 0;
      if (behind < -0.03 || behind > DEEP) continue; // in the wedge, or too deep
      const px = Math.round(left + right * radius), py = Math.round(top - up * radius);
      if (px < margin || py < margin || px >= last || py >= last) continue;
      const s = symbol[k], pose = POSES[s];
      this.drawn[s]++;
      let picture = first[s];
      if (pose !== POSE.plain) {
        picture += Math.round((Math.atan2(up, right) / (2 * Math.PI)) * TURNS + TURNS) % TURNS;
        const tilt = pose === POSE.flat ? 1 - Math.abs(near + middle) : pose === POSE.upright ? Math.sqrt(aside) : 0;
        picture += TURNS * Math.max(0, Math.min(TILTS - 1, Math.floor(TILTS * tilt)));
      }
      at[seen] = py * stride + px;
      sprite[seen] = picture;
      const level = isCut ? 1 - behind / DEEP : (near / range + 1) / 2;
      depth[seen] = Math.max(0, Math.min(DEPTHS - 1, level * DEPTHS));
      seen++;
    }
    return seen;
  }

  // Whether something on it goes on moving by itself
  present(flown, now, isStill, isNew) {
    const { context: c, radius, ratio } = this, { colours } = this.view;
    c.putImageData(this.image, -this.pad, -this.pad);
    this.insulin = Math.round(INSULIN_MOST * this.view.strip.share(this.cell, "insulin"));
    drawInsulin(c, this.insulin, flown, this.left, this.top, radius, ratio, colours);
    const isFlashing = this.flashes.draw(c, now, isStill, (place) => this._project(place), radius, ratio, colours);
    this._drawGlucose(flown);
    if (isNew || isFlashing || this.wasFlashing) this.patch.draw(now, isNew);
    this.wasFlashing = isFlashing;
    this._framePatch();
    if (this.track.places.length) this._drawTrack();
    this._drawScaleBar();
    return isFlashing;
  }

  // What the magnified patch shows of the membrane
  _framePatch() {
    const { context: c, ratio } = this, corners = this.patch.corners();
    c.beginPath();
    for (const place of corners) c.lineTo(...this._onCanvas(place));
    c.closePath();
    for (const [colour, wide] of [[this.view.colours.paper, 4.5], [this.view.colours.ink, 1.8]]) {
      c.strokeStyle = colour;
      c.lineWidth = wide * ratio;
      c.stroke();
    }
  }

  _drawTrack() {
    const { ratio, track } = this, isHidden = !this._project(track.places.at(-1));
    track.draw(this.context, (place) => this._onCanvas(place), isHidden, 9 * ratio, ratio, this.view.colours);
  }

  /** The vesicle that is drawn nearest to a place of the canvas [css pixels], if there is one near by. */
  pick(x, y) {
    const { where, ratio } = this, place = (k) => where.subarray(3 * k, 3 * k + 3);
    let best = 10, found = null;
    for (let k = 0; k < this.vesicles; k++) {
      const at = this._project(place(k)), away = at ? Math.hypot(at[0] / ratio - x, at[1] / ratio - y) : Infinity;
      if (away < best) (best = away), (found = k);
    }
    return found;
  }

  /** The next vesicle to follow: of those on their way to the membrane, or in it, or of all. */
  next(after, step) {
    const { vesicles: n, symbol } = this;
    for (const isWanted of [(s) => ON_THE_WAY[s], (s) => OPEN[s], () => true]) {
      for (let i = 1; i <= n; i++) {
        const k = (after + step * i + n) % n;
        if (k !== after && isWanted(symbol[k])) return k;
      }
    }
    return null;
  }

  // Where on the canvas a place of the cell is, if it is in view
  _project([x, y, z]) {
    const { left, top, radius } = this, [a, b, c, d, e, f, g, h, i] = this.view.camera.turn;
    const right = a * x + b * y + c * z, up = d * x + e * y + f * z;
    return this._isInView(right, up, g * x + h * y + i * z) && [left + right * radius, top - up * radius];
  }

  // The same, wherever it is
  _onCanvas([x, y, z]) {
    const { left, top, radius } = this, [a, b, c, d, e, f] = this.view.camera.turn;
    return [left + (a * x + b * y + c * z) * radius, top - (d * x + e * y + f * z) * radius];
  }

  _isInView(right, up, near) {
    if (this.half < 1) return Math.abs(near - this.middle) < this.half;
    if (!this.isCut) return near > -0.2;
    const behind = surfaceOfCut(right, up) - near;
    return behind > -0.03 && behind < DEEP;
  }

  _drawTrails() {
    const { pixels, stride, pad, left, top } = this, [red, green, blue] = channels(this.view.colours.mobile);
    const wide = Math.max(1, Math.round(this.ratio));
    this.trails.each(MOBILE, (x, y, z, strength) => {
      const at = this._project([x, y, z]);
      if (!at) return;
      const px = Math.round(at[0]) + pad, py = Math.round(at[1]) + pad, keep = 1 - 0.8 * strength;
      if (px < 0 || py < 0 || px + wide >= stride || py + wide >= stride) return;
      for (let k = 0; k < 4; k++) {
        const p = (py + wide * (k >> 1)) * stride + px + wide * (k & 1), below = pixels[p];
        const mix = (old, own) => Math.round(old * keep + own * (1 - keep));
        pixels[p] = 0xff000000 | (mix((below >> 16) & 255, blue) << 16) | (mix((below >> 8) & 255, green) << 8) | mix(below & 255, red);
      }
    });
  }

  _drawGlucose(flown) {
    const { context: c, left, top, radius, ratio } = this;
    const [a, b, c2, d, e, f] = this.view.camera.turn;
    const isInView = (place) => this._project(place) !== false;
    c.lineWidth = ratio;
    this.flows.forEach((flow, leaving) => {
      this.hexagons[leaving] = 0;
      flow.each(flown, isInView, (place) => this._pickPlace(place, isInView), ([x, y, z], done) => {
        const out = 1.16 - 0.3 * (leaving ? 1 - done : done); // in radii
        const right = out * (a * x + b * y + c2 * z), up = out * (d * x + e * y + f * z);
        c.globalAlpha = Math.max(0.25, Math.min(1, 5 * done, 2.5 * (1 - done)));
        drawGlucose(c, left + right * radius, top - up * radius, 3.8 * ratio, this.view.colours, leaving);
        this.hexagons[leaving]++;
      });
    });
    c.globalAlpha = 1;
  }

  // At a vesicle in the membrane in view, if one is found; else anywhere in view
  _pickPlace(place, isInView) {
    const { where, symbol, middle, half } = this;
    for (let tries = 0; tries < 40; tries++) {
      const k = Math.floor(Math.random() * this.vesicles);
      if (!OPEN[symbol[k]]) continue;
      place.set(where.subarray(3 * k, 3 * k + 3));
      if (isInView(place)) return;
    }
    const [a, b, c, d, e, f, g, h, i] = this.view.camera.turn;
    const near = half < 1 ? middle : 1.2 * Math.random() - 0.2;
    const aside = Math.sqrt(1 - near * near), angle = 2 * Math.PI * Math.random();
    const x = aside * Math.cos(angle), y = aside * Math.sin(angle);
    place.set([a * x + d * y + g * near, b * x + e * y + h * near, c * x + f * y + i * near]);
  }

  _drawScaleBar() {
    const { context: c, side, ratio, radius } = this, { colours } = this.view;
    const length = niceLength((0.22 * side * this.cell.radius) / radius); // um
    const width = (length / this.cell.radius) * radius, x = 14 * ratio, y = side - 14 * ratio;
    c.font = `600 ${12 * ratio}px system-ui, sans-serif`;
    c.lineJoin = "round";
    for (const [colour, extra] of [[colours.paper, 3 * ratio], [colours.ink, 0]]) { // a halo, then bar and length
      c.strokeStyle = c.fillStyle = colour;
      c.lineWidth = 2 * ratio + extra;
      c.beginPath();
      c.moveTo(x, y);
      c.lineTo(x + width, y);
      c.stroke();
      c.lineWidth = extra;
      if (extra) c.strokeText(`${length} µm`, x, y - 6 * ratio);
      c.fillText(`${length} µm`, x, y - 6 * ratio);
    }
  }
}

const copyOf = (view) => view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);

// The greatest of 1, 2, 5, 10, 20 ... that is not above `length`
function niceLength(length) {
  const power = 10 ** Math.floor(Math.log10(length));
  return Number((power * [5, 2, 1].find((digit) => digit * power <= length * 1.000001)).toPrecision(1));
}

const sectionWidth = (radius) => niceLength(radius / 7); // um

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
