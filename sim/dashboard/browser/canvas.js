// What the views share: whether the page is dark, sharp canvases, ticks, numbers and times as text.
// Put in front of a view's own script, see __init__.py.

const COLOURS = {
  light: { text: "#1f2328", muted: "#5b636d", grid: "#e6e8eb", axis: "#9aa1a9", surface: "#ffffff", accent: "#0072b2" },
  dark: { text: "#e8eaed", muted: "#a7adb5", grid: "#33373d", axis: "#6f767e", surface: "#1e1e1e", accent: "#56b4e9" },
};

// Okabe and Ito, as in sim/reporting/figure_style.py; what would be hard to see in the dark is brighter there
const BRIGHTER = { "#0072b2": "#1f8fd6", black: COLOURS.dark.text };
const ink = (colour, dark) => (dark && BRIGHTER[colour.toLowerCase()]) || colour;

/** Calls `changed(dark)` now and whenever the page's theme changes; returns what ends that. */
function followTheme(root, changed) {
  const app = root.closest(".v-application") ?? document.querySelector(".v-application");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const told = () => app?.classList.contains("theme--dark") || app?.classList.contains("theme--light");
  const tell = () => changed(told() ? app.classList.contains("theme--dark") : system.matches);
  const observer = new MutationObserver(tell);
  if (app) observer.observe(app, { attributes: true, attributeFilter: ["class"] });
  system.addEventListener("change", tell);
  tell();
  return () => {
    observer.disconnect();
    system.removeEventListener("change", tell);
  };
}

/** The context of a canvas as sharp as the screen, empty, measured in CSS pixels; and its size. */
function sharpen(canvas) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  return { g, width, height };
}

/** Distance of about `most` round ticks over a range: 1, 2 or 5 times a power of ten. */
function niceStep(range, most) {
  const least = range / Math.max(most, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((k) => k * power).find((step) => step >= least * (1 - 1e-9));
}

/** Multiples of a step from low to high, both included. */
function multiples(step, low, high) {
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(k * step);
  return found;
}

/** Round times no closer than so many pixels: the unit's name, its length [s], and the times [s]. */
function timeTicks(until, width, apart = 44) {
  const [unit, size, steps] =
    until <= 180 * 60
      ? ["min", 60, [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60]]
      : ["h", 3600, [0.5, 1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 168]];
  const span = until / size;
  const step = steps.find((s) => (s / span) * width >= apart) ?? steps.at(-1) * Math.ceil(span / steps.at(-1) / 4);
  return { unit, size, values: multiples(step * size, 0, until) };
}

const decimalsOf = (step) => Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));

/** A number with a true minus sign; an en dash where there is none. */
function write(value, decimals) {
  if (!Number.isFinite(value)) return "–";
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** Simulated time as a clock: "12:30 min", "1:12:30 h". */
function clock(seconds) {
  const whole = Math.floor(seconds + 1e-6); // sums of steps may fall short of a whole second
  const two = (n) => String(n).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}:${two(whole % 60)} min`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)} h`;
}

/** Index of the value nearest to x in an ascending array. */
function nearest(values, x) {
  let low = 0;
  let high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] <= x) low = middle;
    else high = middle;
  }
  return x - values[low] <= values[high] - x ? low : high;
}

// marks that tell series apart without colour
const SHAPES = ["circle", "square", "triangle", "diamond", "cross", "down", "plus"];

function shape(g, kind, x, y, r) {
  g.beginPath();
  if (kind === "circle") g.arc(x, y, r, 0, 2 * Math.PI);
  else if (kind === "square") g.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
  else if (kind === "cross" || kind === "plus") {
    const [a, b] = kind === "cross" ? [r, r] : [0, 1.3 * r];
    g.moveTo(x - (a || b), y - a);
    g.lineTo(x + (a || b), y + a);
    g.moveTo(x - a, y + (a || b));
    g.lineTo(x + a, y - (a || b));
  } else {
    const points = {
      triangle: [[0, -1.2], [1.15, 0.9], [-1.15, 0.9]],
      down: [[0, 1.2], [1.15, -0.9], [-1.15, -0.9]],
      diamond: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]],
    }[kind];
    points.forEach(([dx, dy], i) => (i ? g.lineTo(x + dx * r, y + dy * r) : g.moveTo(x + dx * r, y + dy * r)));
    g.closePath();
  }
}

/** A new element with a class, a parent and a text. */
function add(parent, tag, name = "", text = "") {
  const element = parent.appendChild(document.createElement(tag));
  if (name) element.className = name;
  if (text) element.textContent = text;
  return element;
}

/** Changes a text only where it differs, so that nothing is laid out again in vain. */
const say = (element, text) => element.textContent === text || (element.textContent = text);

/** A sample of a line as it is drawn: colour, dashes and mark; a canvas 26 px wide. */
function sample(canvas, colour, dash, mark) {
  const { g, width, height } = sharpen(canvas);
  g.strokeStyle = g.fillStyle = colour;
  g.lineWidth = 2;
  g.setLineDash(dash);
  g.beginPath();
  g.moveTo(1, height / 2);
  g.lineTo(width - 1, height / 2);
  g.stroke();
  g.setLineDash([]);
  if (mark) {
    shape(g, mark, width / 2, height / 2, 3.6);
    g.fill();
    g.stroke();
  }
}
