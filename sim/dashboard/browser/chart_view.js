// Live charts: see chart_view.py for the panels and the message, canvas.js for what the views share.

const DASH_OF_TWIN = [5, 4];
const STRIP = 24; // px high, with a gap below it
const GAP = 6;
const BADGES = 18; // px, for the numbers of the user's changes
const BADGE_APART = 36; // px, below which two share a badge
const FOOT = 18; // px, for the numbers at the axis of time
const TICK_APART = 30; // px, between two numbers at the other axis
const LONG_LIST = 12; // changes listed in words; earlier ones keep their numbers
const BANDS = new Set(["interval", "replicates"]); // what has a lower and an upper end
const DOTS = [1, 3]; // of the edges of replicates
const DASHES_OF_PINS = [[1.5, 3], [9, 3, 1.5, 3], [12, 5]];
const SLIGHTLY = 0.1; // of the distance of two ticks, by which a course may pass the last one
const PALE = 0.2; // opacity of series beside the one that was asked for
const FONT = "11px";

function render({ model, el }) {
  const root = add(el, "div", "g4-charts");
  const key = add(root, "div", "g4-key");
  const names = add(key, "span");
  const cursor = add(key, "span", "g4-cursor");
  cursor.tabIndex = 0;
  for (const [name, value] of Object.entries({ role: "slider", "aria-label": "Time of the values shown" })) {
    cursor.setAttribute(name, value);
  }
  cursor.title = "Arrow keys move through time, Escape returns to the latest";
  const grid = add(root, "div", "g4-grid");
  const empty = add(root, "div", "g4-empty g4-muted", "The charts begin with the first record.");
  const sources = add(root, "p", "g4-note g4-sources");
  const list = add(root, "ol", "g4-marks"); // below, or the charts would make way for each change
  Object.assign(root.dataset, { drawn: 0, points: 0, time: 0 });

  let dark = false;
  let overlays = []; // what is behind the run, with its columns; see backdrop.py
  let data = null; // the last message: until, marks, and sets by name with their columns
  let pinned = null; // time at the crosshair [s], null: the latest
  let acknowledge = null; // id of the message to be drawn
  let frame = 0;
  let family = "sans-serif";
  let panels = [];
  let chosen = null; // name of the series that the strip of causes asks for
  const resized = new ResizeObserver(later);

  // ---- what is shown ----

  function build() {
    for (const { canvas } of panels) resized.unobserve(canvas);
    grid.replaceChildren();
    panels = model.get("panels").map((spec) => {
      const element = add(grid, "section", "g4-panel");
      const head = add(element, "div", "g4-head");
      const title = add(head, "div", "g4-title", spec.title);
      const unit = add(title, "span", "g4-muted");
      const values = add(head, "div", "g4-values");
      const canvas = add(element, "canvas", spec.strip ? "g4-plot g4-with-strip" : "g4-plot");
      canvas.setAttribute("role", "img");
      resized.observe(canvas); // its height follows that of its neighbours
      const panel = { spec, element, unit, values, canvas, shown: "", cells: [], plot: null };
      canvas.addEventListener("pointermove", (event) => point(panel, event));
      canvas.addEventListener("pointerdown", (event) => {
        cursor.focus({ preventScroll: true });
        point(panel, event);
      });
      canvas.addEventListener("pointerleave", () => pin(null));
      return panel;
    });
    later();
  }

  /** Sets that a panel draws, of those there are. */
  const setsOf = (spec) => (spec.sets ?? ["cell", "twin"]).map((name) => data?.sets[name]).filter((set) => set?.n);

  function receive(message, buffers) {
    if (message.kind !== "charts") return;
    const sets = {};
    message.sets.forEach(({ name, label, n, columns }, i) => {
      const { buffer, byteOffset, byteLength } = buffers[i];
      const aligned = byteOffset % 4 ? buffer.slice(byteOffset, byteOffset + byteLength) : buffer;
      const all = new Float32Array(aligned, byteOffset % 4 ? 0 : byteOffset, byteLength / 4);
      const of = (k) => all.subarray(k * n, (k + 1) * n);
      sets[name] = { name, label, n, columns: Object.fromEntries(columns.map((column, k) => [column, of(k)])) };
    });
    const first = sets[message.sets[0]?.name];
    const marks = [...message.marks].sort((a, b) => a.time - b.time);
    data = { until: message.until, full: message.full, ahead: message.ahead, marks, sets, first, last: first?.n ? first.columns.time[first.n - 1] : 0 };
    acknowledge = message.id;
    later();
  }

  /** What is behind the run: each pin has dashes of its own. */
  function lay() {
    let pins = 0;
    overlays = model.get("overlays").map(({ kind, label, n, columns, data: view }) => {
      const all = new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
      const of = (k) => all.subarray(k * n, (k + 1) * n);
      const dash = kind === "pin" ? DASHES_OF_PINS[pins++ % DASHES_OF_PINS.length] : [];
      return { kind, label, n, dash, columns: Object.fromEntries(columns.map((column, k) => [column, of(k)])) };
    });
    root.dataset.overlays = overlays.map(({ kind }) => kind).join(" ");
    later();
  }

  // ---- the crosshair ----

  function pin(time) {
    pinned = time;
    later();
  }

  function point(panel, event) {
    if (!panel.plot || !data.first?.n) return;
    const { left, width, until } = panel.plot;
    const wanted = ((event.offsetX - left) / width) * until;
    const times = data.first.columns.time;
    pin(times[nearest(times, wanted)]);
  }

  cursor.addEventListener("keydown", (event) => {
    if (!data?.first?.n) return;
    const times = data.first.columns.time;
    const last = times.length - 1;
    const now = pinned === null ? last : nearest(times, pinned);
    const far = event.shiftKey ? 10 : 1;
    const to = {
      ArrowLeft: now - far, ArrowDown: now - far, ArrowRight: now + far, ArrowUp: now + far,
      PageDown: now - 10, PageUp: now + 10, Home: 0, End: last,
    }[event.key];
    if (event.key === "Escape") pin(null);
    else if (to !== undefined) pin(times[Math.min(Math.max(to, 0), last)]);
    else return;
    event.preventDefault();
  });
  cursor.addEventListener("blur", () => pin(null));

  // ---- a link of the strip of causes ----

  const has = ({ strip, series }, name) => strip?.name === name || series.some((one) => one.name === name);

  /** Brings the panel of a series into view, with the others of it pale; null lets all be as they were. */
  function choose({ detail }) {
    chosen = detail;
    const panel = panels.find(({ spec }) => has(spec, chosen));
    for (const each of panels) each.element.classList.toggle("g4-chosen", each === panel);
    panel?.element.scrollIntoView({ block: "nearest" });
    later();
  }

  // ---- drawing ----

  function later() {
    frame ||= requestAnimationFrame(draw);
  }

  function draw() {
    frame = 0;
    const visible = panels.filter(({ spec, element }) => {
      const any = setsOf(spec).length > 0;
      element.style.display = any ? "" : "none";
      return any;
    });
    empty.style.display = visible.length ? "none" : "";
    family = getComputedStyle(root).fontFamily;
    const prepared = visible.map(prepare);
    const margin = Math.max(0, ...prepared.map(({ margin }) => margin));
    visible.forEach((panel, i) => drawPanel(panel, prepared[i], margin, i === 0));
    visible.forEach((panel, i) => writeValues(panel, prepared[i]));
    tellNow();
    writeKey();
    writeMarks();
    if (acknowledge === null) return;
    const points = Object.values(data.sets).reduce((sum, set) => sum + set.n, 0);
    Object.assign(root.dataset, { drawn: Number(root.dataset.drawn) + 1, points, time: data.last });
    model.send({ kind: "drawn", id: acknowledge });
    acknowledge = null;
  }

  const extremes = (values) => {
    let low = Infinity;
    let high = -Infinity;
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return [low, high];
  };

  /** Scales of a panel: what its values are divided by, its limits and ticks, and the room for the ticks' numbers. */
  function prepare({ spec, canvas }) {
    const sets = setsOf(spec);
    const series = spec.series.map((one, k) => ({
      ...one,
      mark: spec.series.length > 1 ? SHAPES[k % SHAPES.length] : "",
      scale: (spec.relative && data?.full[one.name] / 100) || 1,
      courses: sets.filter((set) => set.columns[one.name]).map((set) => ({ set, values: set.columns[one.name] })),
    }));
    let low = 0;
    let high = spec.relative && Object.keys(data?.full ?? {}).length ? 100 : 0; // however small the response
    for (const one of series) {
      one.behind = spec.sets ? [] : overlays.filter(({ columns }) => columns[one.name]);
      const pins = one.behind.filter(({ kind }) => kind === "pin");
      one.read = [...one.courses, ...pins.map((set) => ({ set, values: set.columns[one.name] }))];
      const behind = one.behind.flatMap(({ columns }) => [columns[one.name], columns[`${one.name} high`] ?? []]);
      const limits = [...one.courses.map(({ values }) => values), ...behind].map(extremes);
      const least = Math.min(0, ...limits.map(([a]) => a));
      const most = Math.max(0, ...limits.map(([, b]) => b));
      low = Math.min(low, least / one.scale);
      high = Math.max(high, most / one.scale);
    }
    if (low === high) [low, high] = spec.sets?.includes("difference") ? [-1, 1] : [0, 1];
    const { g, height } = sharpen(canvas);
    const step = niceStep(high - low, Math.min(4, Math.max(2, height / TICK_APART)));
    low = Math.floor(low / step + 1e-9) * step;
    const above = high / step - Math.floor(high / step);
    if (above > SLIGHTLY) high = Math.ceil(high / step) * step;
    const size = Math.max(-low, high);
    const exponent = size >= 1e4 || size < 1e-2 ? 3 * Math.floor(Math.log10(size) / 3 + 1e-9) : 0;
    const decimals = decimalsOf(step / 10 ** exponent);
    const labels = multiples(step, low, high).map((y) => [y, write(y / 10 ** exponent, decimals)]);
    g.font = `${FONT} ${family}`;
    const margin = Math.ceil(Math.max(...labels.map(([, text]) => g.measureText(text).width))) + 10;
    return { sets, series, low, high, step, exponent, decimals, labels, margin };
  }

  function drawPanel(panel, { sets, series, low, high, labels }, left, isFirst) {
    const { spec } = panel;
    const { g, width: all, height } = sharpen(panel.canvas);
    const colours = COLOURS[dark ? "dark" : "light"];
    const until = data.until || data.last || 1;
    const width = Math.max(all - left - 12, 10);
    const above = (data.marks.length && isFirst ? BADGES : 0) + 6;
    const top = above + (spec.strip ? STRIP + GAP : 0);
    const bottom = height - FOOT;
    panel.plot = { left, width, until };
    const x = (time) => left + (time / until) * width;
    const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
    g.font = `${FONT} ${family}`;

    g.lineWidth = 1;
    g.textBaseline = "middle";
    g.textAlign = "right";
    for (const [value, text] of labels) {
      const at = Math.round(y(value)) + 0.5;
      g.strokeStyle = value === 0 ? colours.axis : colours.grid;
      line(g, left, at, left + width, at);
      g.fillStyle = colours.muted;
      g.fillText(text, left - 7, at);
    }
    const ticks = timeTicks(until, width);
    g.strokeStyle = colours.axis;
    g.textAlign = "center";
    g.textBaseline = "alphabetic";
    const decimals = decimalsOf(ticks.values.length > 1 ? (ticks.values[1] - ticks.values[0]) / ticks.size : 1);
    for (const time of ticks.values) {
      const at = Math.round(x(time)) + 0.5;
      line(g, at, bottom, at, bottom + 4);
      const isLast = time === ticks.values.at(-1);
      const text = `${write(time / ticks.size, decimals)}${isLast ? ` ${ticks.unit}` : ""}`;
      const most = all - g.measureText(text).width / 2; // the one with the unit stays on the canvas
      g.fillText(text, Math.min(at, most), bottom + 15);
    }

    drawAhead(g, x, top, bottom, left + width, colours);
    drawMarks(g, x, above, bottom, colours, isFirst);
    if (spec.strip) drawStrip(g, spec.strip, sets, x, above, colours, left, width);

    g.save();
    g.beginPath();
    g.rect(left - 4, top - 4, width + 8, bottom - top + 8);
    g.clip();
    for (const one of series) {
      g.globalAlpha = chosen && has(spec, chosen) && one.name !== chosen && spec.strip?.name !== chosen ? PALE : 1;
      drawBehind(g, one, x, y, colours);
      for (const { set, values } of one.courses) {
        const times = set.columns.time;
        g.strokeStyle = g.fillStyle = ink(one.colour, dark);
        g.lineWidth = set.name === "twin" ? 1.6 : 2;
        g.setLineDash(set.name === "twin" ? DASH_OF_TWIN : []);
        g.lineJoin = "round";
        if (set.name === "difference") shade(g, times, values, x, y, one.scale);
        curve(g, times, values, x, y, one.scale);
        g.setLineDash([]);
        if (data.last < until) drawHead(g, times, values, x, y, one.scale);
        if (one.mark) drawShapes(g, one, series, times, values, x, y, until, width);
      }
    }
    g.restore();

    if (pinned === null) return;
    g.strokeStyle = colours.text;
    g.lineWidth = 1;
    const at = Math.round(x(pinned)) + 0.5;
    line(g, at, above, at, bottom);
    for (const one of series) {
      for (const course of one.read) {
        const value = valueAt(course);
        if (!Number.isFinite(value)) continue;
        shape(g, one.mark || "circle", at, y(value / one.scale), 4);
        const isHollow = course.set.kind === "pin" || course.set.name === "twin";
        g.fillStyle = isHollow ? colours.surface : ink(one.colour, dark);
        g.strokeStyle = ink(one.colour, dark);
        g.lineWidth = 2;
        g.fill();
        g.stroke();
      }
    }
  }

  function line(g, x0, y0, x1, y1) {
    g.beginPath();
    g.moveTo(x0, y0);
    g.lineTo(x1, y1);
    g.stroke();
  }

  /** A course; NaN lifts the pen. */
  function curve(g, times, values, x, y, scale) {
    let down = false;
    g.beginPath();
    for (let i = 0; i < times.length; i++) {
      const value = values[i];
      if (value !== value) down = false;
      else if (down) g.lineTo(x(times[i]), y(value / scale));
      else {
        g.moveTo(x(times[i]), y(value / scale));
        down = true;
      }
    }
    g.stroke();
  }

  /** What is behind a series: a pale band, a thin line, dashes of other runs, and points with their standard errors. */
  function drawBehind(g, one, x, y, colours) {
    const alpha = g.globalAlpha;
    for (const { kind, columns, n, dash } of one.behind) {
      const times = columns.time;
      const values = columns[one.name];
      g.strokeStyle = g.fillStyle = ink(one.colour, dark);
      if (BANDS.has(kind)) {
        const high = columns[`${one.name} high`];
        const there = [...times.keys()].filter((i) => Number.isFinite(values[i]) && Number.isFinite(high[i]));
        g.globalAlpha = (kind === "interval" ? 0.25 : 0.12) * alpha;
        g.beginPath();
        for (const i of there) g.lineTo(x(times[i]), y(high[i] / one.scale));
        for (const i of there.reverse()) g.lineTo(x(times[i]), y(values[i] / one.scale));
        g.fill();
        if (kind === "replicates") {
          g.globalAlpha = 0.8 * alpha;
          g.lineWidth = 1;
          g.setLineDash(DOTS);
          for (const edge of [values, high]) curve(g, times, edge, x, y, one.scale);
          g.setLineDash([]);
        }
      } else if (kind === "points") {
        g.strokeStyle = colours.text;
        g.fillStyle = colours.surface;
        g.lineWidth = 1.2;
        for (let i = 0; i < n; i++) {
          const sem = columns[`${one.name} sem`]?.[i] ?? 0;
          const [at, level] = [x(times[i]), values[i] / one.scale];
          if (sem) line(g, at, y(level - sem / one.scale), at, y(level + sem / one.scale));
          shape(g, "circle", at, y(level), 3);
          g.fill();
          g.stroke();
        }
      } else {
        g.globalAlpha = (kind === "pin" ? 0.8 : 0.6) * alpha;
        g.lineWidth = kind === "pin" ? 1.6 : 1;
        g.setLineDash(dash);
        curve(g, times, values, x, y, one.scale);
        g.setLineDash([]);
      }
      g.globalAlpha = alpha;
    }
  }

  /** A dot where a course has got to. */
  function drawHead(g, times, values, x, y, scale) {
    const last = times.length - 1;
    if (!Number.isFinite(values[last])) return;
    shape(g, "circle", x(times[last]), y(values[last] / scale), 3);
    g.fill();
  }

  /** A pale area between a course and zero. */
  function shade(g, times, values, x, y, scale) {
    g.globalAlpha = 0.16;
    g.beginPath();
    let from = -1;
    for (let i = 0; i <= times.length; i++) {
      const there = i < times.length && values[i] === values[i];
      if (there && from < 0) {
        g.moveTo(x(times[i]), y(0));
        from = i;
      }
      if (there) g.lineTo(x(times[i]), y(values[i] / scale));
      else if (from >= 0) {
        g.lineTo(x(times[i - 1]), y(0));
        from = -1;
      }
    }
    g.fill();
    g.globalAlpha = 1;
  }

  /** Marks along a course, at times that stay while it grows; each series has its own. */
  function drawShapes(g, one, series, times, values, x, y, until, width) {
    const every = until / Math.max(2, Math.round(width / 90));
    const offset = (series.indexOf(one) + 0.5) / series.length;
    for (let k = 0; (k + offset) * every <= times[times.length - 1]; k++) {
      const i = nearest(times, (k + offset) * every);
      if (!Number.isFinite(values[i])) continue;
      shape(g, one.mark, x(times[i]), y(values[i] / one.scale), 3.2);
      g.fill();
    }
  }

  /** A series as steps of its own height above the panel, with its levels in words. */
  function drawStrip(g, strip, sets, x, top, colours, left, width) {
    const bottom = top + STRIP;
    const courses = sets.filter((set) => set.columns[strip.name]);
    const highest = Math.max(0, ...courses.map((set) => extremes(set.columns[strip.name])[1]));
    const y = (value) => bottom - (highest > 0 ? value / highest : 0) * (STRIP - 2);
    g.lineWidth = 1.5;
    for (const set of courses) {
      const times = set.columns.time;
      const values = set.columns[strip.name];
      g.beginPath();
      g.moveTo(x(times[0]), bottom);
      for (let i = 0; i < set.n; i++) {
        // the level of a record held since the one before
        if (i) g.lineTo(x(times[i - 1]), y(values[i]));
        g.lineTo(x(times[i]), y(values[i]));
      }
      g.strokeStyle = g.fillStyle = ink(strip.colour, dark);
      if (set.name === "twin") {
        g.setLineDash(DASH_OF_TWIN);
        g.stroke();
        g.setLineDash([]);
      } else {
        g.lineTo(x(times[set.n - 1]), bottom);
        g.globalAlpha = dark ? 0.45 : 0.4;
        g.fill();
        g.globalAlpha = 1;
      }
    }
    g.strokeStyle = colours.axis;
    g.lineWidth = 1;
    line(g, left, bottom + 0.5, left + width, bottom + 0.5);
    g.fillStyle = colours.text;
    if (courses.length) labelStrip(g, strip, courses[0], x, top + STRIP / 2, left, highest);
  }

  /** Each level over its time where it fits; the highest where none does, as after meals. */
  function labelStrip(g, strip, set, x, middle, left, highest) {
    const values = set.columns[strip.name];
    const times = set.columns.time;
    g.textBaseline = "middle";
    g.textAlign = "left";
    const wide = (text) => g.measureText(text).width + 10;
    const put = (text, from) => g.fillText(text, from + 5, middle);
    let taken = left;
    for (let from = 0; from < set.n - 1; ) {
      let to = from + 1;
      while (to < set.n - 1 && Math.abs(values[to + 1] - values[from + 1]) <= 1e-6 * values[from + 1]) to++;
      const start = Math.max(x(times[from]), taken);
      const level = amount(values[to], strip.unit);
      const texts = values[to] > 0 ? [`${strip.label} ${level}`, level] : [];
      const text = texts.find((t) => wide(t) <= x(times[to]) - start);
      if (text) {
        put(text, start);
        taken = start + wide(text);
      }
      from = to;
    }
    if (taken === left) put(`${strip.label} ${highest > 0 ? "up to " : ""}${amount(highest, strip.unit)}`, left);
  }

  /** What is planned: a dashed line at each change to come, with what it will be where there is room. */
  function drawAhead(g, x, top, bottom, right, colours) {
    g.textAlign = "left";
    g.textBaseline = "top";
    g.fillStyle = colours.muted;
    g.strokeStyle = colours.axis;
    const put = (label, left, above) => {
      g.save();
      g.strokeStyle = colours.surface; // or a course behind it would strike it through
      g.lineWidth = 4;
      g.strokeText(label, left, above);
      g.restore();
      g.fillText(label, left, above);
    };
    data.ahead.forEach(({ time, label }, i) => {
      const at = Math.round(x(time)) + 0.5;
      const next = data.ahead[i + 1];
      g.setLineDash([6, 4]);
      line(g, at, top, at, bottom);
      g.setLineDash([]);
      if (at + g.measureText(label).width + 6 < (next ? x(next.time) : right)) put(label, at + 4, top + 4);
    });
  }

  /** A dotted line at each change, and perhaps its number above; those that would overlap share a badge. */
  function drawMarks(g, x, above, bottom, colours, numbered) {
    const groups = [];
    data.marks.forEach((mark, i) => {
      const at = Math.round(x(mark.time)) + 0.5;
      g.strokeStyle = colours.axis;
      g.setLineDash([2, 3]);
      line(g, at, above, at, bottom);
      g.setLineDash([]);
      const last = groups.at(-1);
      if (last && at - last.to < BADGE_APART) Object.assign(last, { to: at, text: `${last.first}–${i + 1}` });
      else groups.push({ from: at, to: at, first: i + 1, text: String(i + 1) });
    });
    if (!numbered) return;
    g.textAlign = "center";
    g.textBaseline = "middle";
    for (const { from, to, text } of groups) {
      const middle = (from + to) / 2;
      const half = Math.max(8, g.measureText(text).width / 2 + 4);
      g.fillStyle = colours.text;
      g.beginPath();
      g.roundRect(middle - half, above - 20, 2 * half, 16, 8);
      g.fill();
      g.fillStyle = colours.surface;
      g.fillText(text, middle, above - 11.5);
    }
  }

  /** Where the cell is at the crosshair, for the dose-response. */
  function tellNow() {
    const { insulin, surface_glut4_percent: surface, time } = data?.sets.cell?.columns ?? {};
    if (!surface || !insulin || !time.length) return;
    const i = nearest(time, at());
    document.dispatchEvent(new CustomEvent("g4-now", { detail: { dose: insulin[i], response: surface[i] } }));
  }

  // ---- text ----

  /** A level as people say it: 100 nM, 34 pM. */
  function amount(value, unit) {
    const [shown, small] = unit === "nM" && value > 0 && value < 0.1 ? [1e3 * value, "pM"] : [value, unit];
    return `${Number(shown.toPrecision(3))} ${small}`;
  }

  const at = () => pinned ?? data?.last ?? 0;

  /** The value of a course at the crosshair, or where the run is now; empty where the course has not got to. */
  function valueAt({ set, values }) {
    const times = set.columns.time;
    const end = times[set.n - 1];
    return at() > end + 1e-6 && pinned !== null ? NaN : values[nearest(times, at())];
  }

  function writeValues(panel, { series, low, high, exponent, decimals }) {
    const { spec } = panel;
    const factor = exponent ? `10${superscript(exponent)} ` : "";
    const unit = spec.relative ?? `${factor}${spec.unit}`;
    say(panel.unit, unit);
    const [from, to] = [low, high].map((y) => write(y / 10 ** exponent, decimals));
    panel.canvas.ariaLabel = `${spec.title}, over time, on an axis from ${from} to ${to} ${unit}; values are in the text above`;
    const several = series.some((one) => one.read.length > 1);
    const shown = JSON.stringify([series.map((one) => one.read.map(({ set }) => set.label)), dark, several]);
    if (panel.shown !== shown) {
      panel.shown = shown;
      panel.values.replaceChildren();
      panel.cells = series.flatMap((one) => {
        const chip = add(panel.values, "span", "g4-value");
        if (one.label) add(chip, "span", "g4-muted", `${one.label} `);
        return one.read.map((course) => {
          const pair = add(chip, "span", "g4-pair");
          const canvas = add(pair, "canvas", "g4-sample");
          const dash = course.set.dash ?? (course.set.name === "twin" ? DASH_OF_TWIN : []);
          sample(canvas, ink(one.colour, dark), dash, one.mark);
          const name = [one.label, several ? course.set.label : ""].filter(Boolean).join(", ");
          return { name, text: add(pair, "b") };
        });
      });
    }
    const courses = series.flatMap((one) => one.read.map((course) => ({ one, course })));
    courses.forEach(({ one, course }, i) => {
      const value = valueAt(course);
      const text = spec.relative
        ? `${write(value, decimalsOf(one.scale))} ${spec.unit}`
        : write(value / 10 ** exponent, decimals + 1);
      say(panel.cells[i].text, text);
    });
  }

  const superscript = (n) => String(n).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻");

  function writeKey() {
    const cells = ["cell", "twin"].map((name) => data?.sets[name]).filter((set) => set?.n);
    const laid = overlays.filter(({ kind }) => kind !== "points");
    const shown = JSON.stringify([cells.map(({ label }) => label), laid.map(({ label }) => label), dark]);
    if (names.dataset.shown !== shown) {
      names.dataset.shown = shown;
      names.replaceChildren();
      if (cells.length > 1) {
        for (const { name, label } of cells) {
          const entry = add(names, "span", "g4-value");
          sample(add(entry, "canvas", "g4-sample"), COLOURS[dark ? "dark" : "light"].text,
            name === "twin" ? DASH_OF_TWIN : [], "");
          add(entry, "span", "", label);
          entry.style.marginRight = "18px";
        }
      }
      for (const { kind, label, dash } of laid) {
        const entry = add(names, "span", "g4-value g4-laid");
        const canvas = add(entry, "canvas", "g4-sample");
        const { text, muted } = COLOURS[dark ? "dark" : "light"];
        if (kind === "interval") {
          canvas.style.background = muted;
          canvas.style.opacity = 0.35;
        } else sample(canvas, kind === "pin" ? text : muted, kind === "replicates" ? DOTS : dash, "");
        add(entry, "span", "", label);
      }
    }
    const points = overlays.filter(({ kind, n }) => kind === "points" && n).map(({ label }) => label);
    say(sources, points.length ? `Circles: ${points.join("; ")}.` : "");
    say(cursor, data?.first?.n ? `${pinned === null ? "Latest values, at" : "Values at"} ${clock(at())}` : "");
    cursor.setAttribute("aria-valuemin", 0);
    cursor.setAttribute("aria-valuemax", Math.round(data?.last ?? 0));
    cursor.setAttribute("aria-valuenow", Math.round(at()));
    if (document.activeElement === cursor) cursor.setAttribute("aria-valuetext", spoken());
  }

  /** All values at the crosshair, for a screen reader. */
  function spoken() {
    const said = panels
      .filter(({ element }) => element.style.display !== "none")
      .map(({ spec, unit, cells }) => {
        const values = cells.map(({ name, text }) => `${name} ${text.textContent}`.trim());
        return `${spec.title}: ${values.join(", ")} ${spec.relative ? "" : unit.textContent}`.trim();
      });
    return [clock(at()), ...said].join("; ");
  }

  function writeMarks() {
    const marks = data?.marks ?? [];
    const shown = JSON.stringify(marks);
    if (list.dataset.shown === shown) return;
    list.dataset.shown = shown;
    list.replaceChildren();
    list.style.display = marks.length ? "" : "none";
    const hidden = Math.max(0, marks.length - LONG_LIST);
    if (hidden) add(list, "li", "g4-muted", `${hidden} earlier,`);
    marks.slice(hidden).forEach((mark, i) => {
      const item = add(list, "li");
      add(item, "span", "g4-badge", String(hidden + i + 1));
      item.append(`${mark.label} `);
      add(item, "span", "g4-muted", `at ${clock(mark.time)}`);
    });
  }

  // ---- life ----

  const endTheme = followTheme(root, (now) => {
    dark = now;
    for (const [name, colour] of Object.entries(COLOURS[now ? "dark" : "light"])) {
      root.style.setProperty(`--g4-${name}`, colour);
    }
    later();
  });
  resized.observe(root);
  model.on("msg:custom", receive);
  model.on("change:overlays", lay);
  document.addEventListener("g4-open-chart", choose);
  const lookBack = ({ detail }) => pin(detail);
  document.addEventListener("g4-look-back", lookBack);
  build();
  lay();
  model.send({ kind: "ready" });
  return () => {
    model.off("msg:custom", receive);
    model.off("change:overlays", lay);
    document.removeEventListener("g4-open-chart", choose);
    document.removeEventListener("g4-look-back", lookBack);
    cancelAnimationFrame(frame);
    resized.disconnect();
    endTheme();
  };
}

export default { render };
