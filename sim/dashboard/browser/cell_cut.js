// How a round cell is cut open, and what lights up on it: the wedge, the glow under the membrane, insulin, flashes.
//
// A wedge with an upright edge through the middle is taken out of the side that points at the viewer, so that the store
// and the membrane are seen together. It stays where it is while the cell turns. Lengths are in radii of the cell.

const WEDGE = [-0.75, 1.0]; // angles of its two faces from the line of sight [rad], left and right
const DEEP = 0.22; // how far one sees into what is cut, and into the cell beside it
const GLOW = [["pip3", "pip3", 0.05], ["akt_active", "akt", 0.12]]; // link of the chain, colour, how far under the membrane
const GLOWS = 12; // steps in which a glow is painted
const INSULIN_MOST = 60; // dots of insulin at 100 nM: 12 for each power of ten above 1 pM
const FLASH = 450; // ms that a fusion is seen

/** How near to the viewer what one sees at a place of the screen is: a face of the wedge, or the membrane. */
function surfaceOfCut(right, up) {
  const front = Math.sqrt(Math.max(0, 1 - right * right - up * up));
  return Math.min(front, right / Math.tan(right < 0 ? WEDGE[0] : WEDGE[1]));
}

/** Traces a face of the wedge, or what of it lies within a radius. */
function traceFace(c, x, y, radius, angle) {
  c.beginPath();
  c.ellipse(x, y, Math.abs(Math.sin(angle)) * radius, radius, 0, -Math.PI / 2, Math.PI / 2, angle < 0);
  c.closePath();
}

/** Both faces, each with its glow, and the inner body cut through. */
function paintWedge(c, x, y, radius, inner, ratio, colours, glow) {
  for (const [k, angle] of WEDGE.entries()) {
    c.save();
    traceFace(c, x, y, radius, angle);
    c.fillStyle = k ? colours.cytosol : colours.rim;
    c.fill();
    c.clip();
    paintGlow(c, glow, colours, radius, (inset) => {
      c.beginPath();
      c.ellipse(x, y, Math.abs(Math.sin(angle)) * (radius - inset), radius - inset, 0, 0, 2 * Math.PI);
    });
    traceFace(c, x, y, inner * radius, angle);
    c.fillStyle = k ? colours.body : colours["body-shade"];
    c.fill();
    c.restore();
    c.strokeStyle = colours.membrane;
    c.lineWidth = 2 * ratio;
    traceFace(c, x, y, radius, angle);
    c.stroke();
  }
  const middle = x + 0.5 * Math.sin(WEDGE[1]) * inner * radius;
  if (inner * radius < 105 * ratio) return; // no room for it
  c.font = `${12 * ratio}px system-ui, sans-serif`;
  c.textAlign = "center";
  c.fillStyle = colours.muted;
  ["lipid droplet", "or nucleus"].forEach((text, k) => c.fillText(text, middle, y + 16 * k * ratio));
}

/** Light under a membrane, as strong as the share of each signal; `trace` follows the membrane so far inside of it. */
function paintGlow(c, glow, colours, radius, trace) {
  GLOW.forEach(([, colour, depth], k) => {
    if (!glow[k]) return;
    c.strokeStyle = colours[colour];
    for (const [width, strength] of [[0.1, 0.16], [0.06, 0.22], [0.03, 0.34]]) {
      c.globalAlpha = (strength * glow[k]) / GLOWS;
      c.lineWidth = width * radius;
      trace(depth * radius);
      c.stroke();
    }
  });
  c.globalAlpha = 1;
}

/** Dots of insulin around the cell; they drift while time goes on. */
function drawInsulin(c, count, flown, x, y, radius, ratio, colours) {
  c.fillStyle = colours.insulin;
  c.beginPath();
  for (let i = 0; i < count; i++) {
    const angle = 2.399963 * i + 0.12 * Math.sin(flown / 900 + 1.7 * i);
    const out = radius * (1.07 + 0.11 * ((i * 0.618034) % 1) + 0.015 * Math.sin(flown / 600 + 2.3 * i));
    const [px, py] = [x + out * Math.cos(angle), y + out * Math.sin(angle)];
    c.moveTo(px + 2.6 * ratio, py);
    c.arc(px, py, 2.6 * ratio, 0, 2 * Math.PI);
  }
  c.fill();
}

/** Fusions: a ring that widens where GLUT4 has just been set free; as many as the cell has counted. */
class Flashes {
  constructor() {
    this.total = 0; // since this cell is on show
    this.before = null; // the count of the frame before
    this.alive = []; // [when, x, y, z]
  }

  /** `fresh` are places [x, y, z] of vesicles that are newly fused, `anywhere()` gives one for fusions since undone. */
  follow(count, now, fresh, anywhere) {
    const fusions = this.before === null || count < this.before ? 0 : count - this.before;
    if (this.before === null || count < this.before) this.total = 0;
    this.before = count;
    this.total += fusions;
    for (let i = 0; i < fusions; i++) this.alive.push([now, ...(fresh[i] ?? anywhere())]);
  }

  draw(c, now, isStill, project, radius, ratio, colours) {
    this.alive = this.alive.filter(([born]) => now - born < FLASH);
    c.strokeStyle = colours.fused;
    c.lineWidth = 1.6 * ratio;
    for (const part of [0, 1, 2]) { // those of one age in one go
      const share = (part + 0.5) / 3;
      c.globalAlpha = 1 - 0.8 * share;
      c.beginPath();
      for (const [born, ...place] of this.alive) {
        if (Math.floor((3 * (now - born)) / FLASH) !== part) continue;
        const at = project(place);
        if (!at) continue;
        const size = radius * (isStill ? 0.03 : 0.012 + 0.045 * share);
        c.moveTo(at[0] + size, at[1]);
        c.arc(at[0], at[1], size, 0, 2 * Math.PI);
      }
      c.stroke();
    }
    c.globalAlpha = 1;
    return this.alive.length > 0;
  }
}

/** Where mobile vesicles have been in the frames before: dots that fade, put straight into the pixels. */
class Trails {
  constructor() {
    this.past = []; // places and symbols of the frames before, the latest first
    this.time = -1;
  }

  follow(time, where, symbol, count) {
    if (time <= this.time || this.past[0]?.symbol.length !== count) this.past = [];
    if (time !== this.time) this.past.unshift({ where: where.slice(0, 3 * count), symbol: symbol.slice(0, count) });
    this.past.length = Math.min(this.past.length, TRAIL + 1);
    this.time = time;
  }

  /** Calls `dot(x, y, z, share of its strength)`. */
  each(mobile, dot) {
    for (let age = Math.min(TRAIL, this.past.length - 1); age > 0; age--) {
      const { where, symbol } = this.past[age], now = this.past[0].symbol;
      for (let k = 0; k < symbol.length; k++) {
        if (now[k] === mobile && symbol[k] === mobile) dot(where[3 * k], where[3 * k + 1], where[3 * k + 2], 1 - age / (TRAIL + 1));
      }
    }
  }
}

const TRAIL = 8; // frames
