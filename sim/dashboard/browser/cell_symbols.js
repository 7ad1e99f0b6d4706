// The symbols of the cell view: how each looks, and its ready-made pictures ("sprites").
//
// Symbols are stamped straight into the pixels of a canvas: with 20,000 of them that takes a few milliseconds, where a
// path each would take a hundred.

// by code, as in agents/vesicle.py
const VESICLES = ["stored", "mobile", "tethered", "docked", "fused", "endocytosed", "clustered"];
const IN_MEMBRANE = ["fused", "clustered"]; // whose carriers bring glucose in
const ON_THE_WAY = VESICLES.map((name) => ["mobile", "tethered", "docked"].includes(name)); // out, by number
const [MOBILE, FUSED] = ["mobile", "fused"].map((name) => VESICLES.indexOf(name));
const OPEN = VESICLES.map((name) => IN_MEMBRANE.includes(name)); // by number, for the innermost loop
const RECEPTORS = ["free", "active", "internalised"]; // by code, as in sim/dashboard/frames.py
const TURNS = 16; // directions in which a symbol is kept ready
const TILTS = 4; // and how much it is turned away from the viewer
const LEVELS = 8; // of depth: the farther, the paler

// ---- symbols ----
// Each is drawn around (0, 0) in units of its size, with +x pointing out of the cell. `pose`: "plain" always looks the
// same, "turned" points outwards, "flat" lies in the membrane, "upright" stands on it.

const line = (...points) => (c) => points.forEach(([x, y, lift], i) => (i && !lift ? c.lineTo(x, y) : c.moveTo(x, y)));
const disc = (radius, x = 0) => (c) => c.arc(x, 0, radius, 0, 2 * Math.PI);
const Y_SHAPE = line([-0.2, 0], [0.9, 0], [1.8, 0.95], [0.9, 0, true], [1.8, -0.95]);

const SYMBOLS = {
  stored: { size: 0.75, pose: "plain", colour: "stored", fill: disc(1) },
  mobile: { size: 1.5, pose: "turned", colour: "mobile", fill: line([1.3, 0], [-0.8, 1.05], [-0.8, -1.05]) },
  tethered: { size: 1.35, pose: "turned", colour: "tethered", fill: disc(0.85, -0.4), stroke: line([0, 0], [1.7, 0]) },
  docked: { size: 1.2, pose: "turned", colour: "docked", fill: line([1, 1], [-1, 1], [-1, -1], [1, -1]) },
  fused: { size: 1.3, pose: "flat", colour: "fused", fill: disc(1.1) },
  endocytosed: { size: 1.35, pose: "plain", colour: "endocytosed", stroke: disc(0.85) },
  clustered: { size: 1.3, pose: "flat", colour: "clustered", fill: disc(0.55), stroke: disc(1.1) },
  free: { size: 1.25, pose: "upright", colour: "inactive", stroke: Y_SHAPE, thin: true },
  active: { size: 1.25, pose: "upright", colour: "active", stroke: Y_SHAPE, fill: disc(0.75, 1.85), halo: disc(1.5, 1.4), thin: true },
  internalised: {
    size: 1.0, pose: "plain", colour: "inactive", thin: true,
    stroke: line([-0.8, -0.8], [0.8, 0.8], [-0.8, 0.8, true], [0.8, -0.8]),
  },
};
const DRAWN = [...VESICLES, ...RECEPTORS]; // symbols by number
const POSE = { plain: 0, turned: 1, flat: 2, upright: 3 }; // by number, for the innermost loop
const POSES = DRAWN.map((name) => POSE[SYMBOLS[name].pose]);
const REACH = 3.7; // no symbol of unit 1 reaches farther

// `tilt`: 0 if what points out of the cell points at the viewer, 1 if it points sideways
function drawSymbol(c, symbol, size, turn, tilt, colours) {
  const across = { flat: Math.max(0.36, 1 - tilt), upright: 0.25 + 0.75 * tilt }[symbol.pose] ?? 1;
  const trace = (path) => {
    c.save();
    c.rotate(turn);
    c.scale(size * across, size);
    c.beginPath();
    path(c);
    c.restore(); // lines are as wide as they are, however the symbol lies
  };
  c.lineJoin = c.lineCap = "round";
  c.fillStyle = c.strokeStyle = colours[symbol.colour];
  if (symbol.halo) { // it is lit
    c.globalAlpha = 0.3;
    trace(symbol.halo);
    c.fill();
    c.globalAlpha = 1;
  }
  if (symbol.stroke) {
    trace(symbol.stroke);
    c.lineWidth = (symbol.thin ? 0.36 : 0.6) * size;
    c.stroke();
  }
  if (symbol.fill) {
    trace(symbol.fill);
    c.closePath();
    c.fill();
    if (size > 3 && !symbol.thin && symbol.pose !== "plain") {
      c.strokeStyle = colours.outline;
      c.lineWidth = 0.18 * size;
      c.stroke();
    }
  }
}

function drawGlucose(c, x, y, size, colours, leaving) {
  c.beginPath();
  for (let i = 0; i < 6; i++) c.lineTo(x + size * Math.cos((i * Math.PI) / 3), y + size * Math.sin((i * Math.PI) / 3));
  c.closePath();
  c.fillStyle = leaving ? colours.paper : colours.glucose;
  c.strokeStyle = leaving ? colours.ink : colours["glucose-edge"];
  c.fill();
  c.stroke();
}

// ---- colours ----

function readColours(element) {
  const style = getComputedStyle(element);
  const names = ["ink", "muted", "paper", "cytosol", "rim", "body", "body-shade", "membrane", "outline", "stripe", "glucose"];
  const all = [...names, "glucose-edge", "insulin", "pip3", "akt", ...new Set(DRAWN.map((name) => SYMBOLS[name].colour))];
  return Object.fromEntries(all.map((name) => [name, style.getPropertyValue(`--g4-${name}`).trim()]));
}

const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

// ---- sprites: every symbol in every pose and depth, as a list of pixels to blend in ----

class Sprites {
  constructor(unit, stride, colours) {
    this.unit = unit; // pixels
    this.margin = Math.ceil(REACH * unit) + 1; // from the middle of a sprite to its edge
    this.first = []; // each symbol's first sprite; its others follow by turn, then by tilt
    const poses = [];
    for (const name of DRAWN) {
      this.first.push(poses.length);
      const { pose } = SYMBOLS[name];
      for (let tilt = 0; tilt < (pose === "flat" || pose === "upright" ? TILTS : 1); tilt++) {
        for (let turn = 0; turn < (pose === "plain" ? 1 : TURNS); turn++) poses.push({ name, turn, tilt });
      }
    }
    this._cut(this._paint(poses, colours), poses.length, stride, channels(colours.cytosol));
  }

  _paint(poses, colours) {
    const box = (this.box = 2 * this.margin + 1);
    const sheet = new OffscreenCanvas(box * TURNS, box * Math.ceil(poses.length / TURNS));
    const c = sheet.getContext("2d", { willReadFrequently: true });
    poses.forEach(({ name, turn, tilt }, i) => {
      c.setTransform(1, 0, 0, 1, (i % TURNS) * box + box / 2, Math.floor(i / TURNS) * box + box / 2);
      const symbol = SYMBOLS[name];
      // on the screen y points down, so angles run the other way
      drawSymbol(c, symbol, symbol.size * this.unit, (-2 * Math.PI * turn) / TURNS, (tilt + 0.5) / TILTS, colours);
    });
    return c.getImageData(0, 0, sheet.width, sheet.height);
  }

  // Blending is integer work on two channels at a time: a colour times its opacity of 0 .. 128, plus what lies below
  // times the rest, fits 31 bits.
  _cut({ data, width }, count, stride, haze) {
    const { box, margin } = this, offset = [], redBlue = [], green = [], rest = [];
    this.start = new Int32Array(count * LEVELS + 1);
    for (let i = 0; i < count; i++) {
      const corner = Math.floor(i / TURNS) * box * width + (i % TURNS) * box, inked = [];
      for (let y = 0; y < box; y++) {
        for (let x = 0; x < box; x++) if (data[4 * (corner + y * width + x) + 3] > 8) inked.push([x, y]);
      }
      for (let level = 0; level < LEVELS; level++) {
        const fog = 0.66 * (1 - level / (LEVELS - 1));
        const mix = (at, channel) => Math.round(data[at + channel] * (1 - fog) + haze[channel] * fog);
        for (const [x, y] of inked) {
          const at = 4 * (corner + y * width + x), opacity = Math.round((data[at + 3] * 128) / 255);
          offset.push((y - margin) * stride + x - margin);
          redBlue.push((mix(at, 0) | (mix(at, 2) << 16)) * opacity);
          green.push((mix(at, 1) << 8) * opacity);
          rest.push(128 - opacity);
        }
        this.start[i * LEVELS + level + 1] = offset.length;
      }
    }
    Object.assign(this, { offset: Int32Array.from(offset), redBlue: Int32Array.from(redBlue) });
    Object.assign(this, { green: Int32Array.from(green), rest: Uint8Array.from(rest) });
  }

  stamp(pixels, at, sprite, level) {
    const { start, offset, redBlue, green, rest } = this;
    const end = start[sprite * LEVELS + level + 1];
    for (let k = start[sprite * LEVELS + level]; k < end; k++) {
      const p = at + offset[k], below = pixels[p], share = rest[k];
      pixels[p] =
        0xff000000 |
        (((redBlue[k] + Math.imul(below & 0xff00ff, share)) >> 7) & 0xff00ff) |
        (((green[k] + Math.imul(below & 0x00ff00, share)) >> 7) & 0x00ff00);
    }
  }
}
