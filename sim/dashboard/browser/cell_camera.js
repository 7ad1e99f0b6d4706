// How the cell is looked at: turned, moved and zoomed. All cells on show share a camera.
//
// Lengths are in radii of the cell.

const ROOM = 0.415; // radius of the cell at zoom 1, as a share of the canvas
const UPPER_LEFT = [0.8, 0.6]; // where the middle of the cell goes if a way out of it is looked for

class Camera {
  constructor() {
    this.reset();
  }

  reset() {
    this.turn = [1, 0, 0, 0, 1, 0, 0, 0, 1]; // rotation, row by row; z points at the viewer
    this.rotate(-0.5, 0.35);
    this.zoom = 1;
    this.x = this.y = 0; // where the centre of the cell lies, in radii at zoom 1
  }

  rotate(right, down) {
    const [a, b, c, d, e, f, g, h, i] = this.turn;
    const [cr, sr, cd, sd] = [Math.cos(right), Math.sin(right), Math.cos(down), Math.sin(down)];
    const across = [cr * a + sr * g, cr * b + sr * h, cr * c + sr * i]; // about the vertical axis of the screen
    const [gg, hh, ii] = [cr * g - sr * a, cr * h - sr * b, cr * i - sr * c];
    const up = [cd * d - sd * gg, cd * e - sd * hh, cd * f - sd * ii]; // then about the horizontal one
    this.turn = orthonormal(across, up);
  }

  move(x, y) {
    const bound = (v) => Math.max(-this.zoom, Math.min(this.zoom, v));
    this.x = bound(this.x + x);
    this.y = bound(this.y + y);
  }

  zoomBy(factor, x = 0, y = 0) {
    const zoom = Math.max(0.7, Math.min(12, this.zoom * factor));
    const grown = zoom / this.zoom;
    this.zoom = zoom;
    this.move((x - this.x) * (1 - grown), (y - this.y) * (1 - grown)); // what is at (x, y) stays there
  }

  /** Leads the view out of the inner body, which is blank, until something of a shell is in it; `shell`: its radius. */
  keepOn(shell) {
    const away = Math.hypot(this.x, this.y), least = shell * this.zoom - 0.43 / ROOM;
    if (away >= least) return;
    const [x, y] = away > 1e-6 ? [this.x / away, this.y / away] : UPPER_LEFT;
    [this.x, this.y] = [x * least, y * least];
  }
}

function orthonormal(a, b) { // rounding would skew a rotation that is turned on and on
  const unit = (v) => v.map((x) => x / Math.hypot(...v));
  const x = unit(a), along = b.reduce((sum, v, i) => sum + v * x[i], 0);
  const y = unit(b.map((v, i) => v - along * x[i]));
  return [...x, ...y, x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]];
}
