// The hormones' timeline: see timeline_view.py for its content, canvas.js for what the views share.

const LEFT = 52; // px, for numbers at the axis
const RIGHT = 14;
const MOST_TICKS = 120; // doses that can be told apart; more become a bar
const ZERO_BELOW = 0.6; // lowest over highest value, below which an axis begins at 0
const SNAP = 5; // px around an assay
const WHOLE = { h: [1, 2, 3, 6, 12, 24], d: [1, 2, 7, 14, 28], weeks: [1, 2, 4, 8, 13, 26, 52, 104] };
const FONT = "11px";

function render({ model, el }) {
  const root = add(el, "div", "g4-timeline");
  const area = add(root, "div", "g4-rows");
  const top = add(area, "canvas", "g4-top");
  const rows = add(area, "div");
  const foot = add(area, "canvas", "g4-foot");
  const handle = add(area, "div", "g4-handle");
  const steady = add(root, "p", "g4-note");
  const note = add(root, "p", "g4-note g4-muted");
  handle.tabIndex = 0;
  handle.setAttribute("role", "slider");
  handle.setAttribute("aria-label", "Time of the assay");
  handle.title = "Drag, or arrow keys; Shift for larger steps, Page Up and Page Down from assay to assay";

  let dark = false;
  let content = null;
  let now = 0; // where the marker is [s]
  let drawn = [];
  let frame = 0;
  let dragging = false;

  const x = (time) => LEFT + (time / content.end) * Math.max(area.clientWidth - LEFT - RIGHT, 10);

  // ---- the marker ----

  /** "day 84", "day 3, 12:00", "6:30 h". */
  function spoken(time) {
    const whole = Math.round(time / 60);
    const two = (n) => String(n).padStart(2, "0");
    if (content.unit === "h") return `${Math.floor(whole / 60)}:${two(whole % 60)} h`;
    const rest = whole % 1440;
    const day = `day ${Math.floor(whole / 1440)}`;
    return rest ? `${day}, +${Math.floor(rest / 60)}:${two(rest % 60)} h` : day;
  }

  const within = (time) => Math.min(Math.max(time, 0), content.end);

  function move(time) {
    now = within(time);
    say(handle, spoken(now));
    const half = handle.offsetWidth / 2;
    const at = x(now);
    for (const { upright } of drawn) if (upright) upright.style.left = `${at - 1}px`;
    handle.style.left = `${Math.min(Math.max(at, half), area.clientWidth - half)}px`;
    handle.setAttribute("aria-valuemin", 0);
    handle.setAttribute("aria-valuemax", content.end);
    handle.setAttribute("aria-valuenow", Math.round(now));
    handle.setAttribute("aria-valuetext", spoken(now));
    writeValues();
  }

  function let_go() {
    dragging = false;
    if (model.get("chosen") === now) return;
    model.set("chosen", now);
    model.save_changes();
  }

  function follow(event) {
    const box = area.getBoundingClientRect();
    const px = event.clientX - box.left;
    const assay = content.assays.find((time) => Math.abs(x(time) - px) <= SNAP);
    const stride = content.strides[0];
    const wanted = ((px - LEFT) / Math.max(box.width - LEFT - RIGHT, 10)) * content.end;
    move(assay ?? Math.round(within(wanted) / stride) * stride);
  }

  area.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    dragging = true;
    area.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    follow(event);
    event.preventDefault();
  });
  area.addEventListener("pointermove", (event) => dragging && follow(event));
  area.addEventListener("pointerup", () => dragging && let_go());
  area.addEventListener("pointercancel", () => {
    dragging = false;
    move(model.get("chosen"));
  });

  handle.addEventListener("keydown", (event) => {
    const stride = content.strides[event.shiftKey ? 1 : 0];
    const later = content.assays.find((time) => time > now) ?? content.end;
    const earlier = content.assays.findLast((time) => time < now) ?? 0;
    const to = {
      ArrowLeft: now - stride, ArrowDown: now - stride, ArrowRight: now + stride, ArrowUp: now + stride,
      PageUp: later, PageDown: earlier, Home: 0, End: content.end,
    }[event.key];
    if (to === undefined) return;
    move(to);
    event.preventDefault();
  });
  handle.addEventListener("keyup", let_go);
  handle.addEventListener("blur", () => dragging || let_go());

  // ---- what is shown ----

  function build() {
    const given = model.get("content");
    content = given.rows ? given : null;
    root.style.display = content ? "" : "none";
    rows.replaceChildren();
    if (!content) return;
    drawn = content.rows.map((spec, i) => {
      const last = i === content.rows.length - 1;
      const element = add(rows, "div", last && spec.lines.length ? "g4-row g4-steps" : "g4-row");
      const head = add(element, "div", "g4-head");
      const title = add(head, "div", "g4-title", spec.title);
      if (spec.lines.length) add(title, "span", "g4-muted", last ? spec.unit : about(spec));
      const values = add(head, "div", "g4-values");
      const cells = spec.lines.map((one) => {
        const chip = add(values, "span", "g4-value");
        const mark = last && spec.lines.length > 1;
        const canvas = spec.lines.length > 1 ? add(chip, "canvas", "g4-sample") : null;
        if (one.label) add(chip, "span", "g4-muted", `${one.label} `);
        return { canvas, mark, text: add(chip, "b") };
      });
      const box = add(element, "div", "g4-box");
      const canvas = spec.lines.length ? add(box, "canvas", "g4-course") : null;
      canvas?.setAttribute("role", "img");
      canvas?.setAttribute("aria-label", `${spec.title}, over time; its values at the marker are in the text`);
      return { spec, cells, canvas, decimals: decimalsFor(spec), upright: canvas && add(box, "div", "g4-line") };
    });
    writeSteady();
    say(note, legend());
    later();
  }

  /** Unit, and what is healthy. */
  const about = ({ unit, reference }) => (reference === null ? unit : `${unit}, healthy ${reference}`);

  /** Levels that stay as they are, in words. */
  function writeSteady() {
    steady.replaceChildren();
    steady.style.display = content.steady.length ? "" : "none";
    add(steady, "span", "g4-title", "Steady: ");
    content.steady.forEach((level, i) => {
      const item = add(steady, "span", "g4-value", `${level.title} `);
      const value = Number(level.value.toPrecision(3));
      add(item, "b", "", level.unit === "relative" ? `${value}` : `${value} ${level.unit}`);
      add(item, "span", "g4-muted", ` (healthy ${level.reference})`);
      steady.append(i < content.steady.length - 1 ? ", " : "");
    });
  }

  /** What the lines are. */
  function legend() {
    const lines = content.rows.flatMap((row) => row.lines);
    const said = ["Dashed vertical lines and the small triangles: assays of the scenario."];
    if (content.rows.some((row) => row.reference !== null)) said.push(`Dotted: ${content.reference}.`);
    if (content.rows.some((row) => row.doses.length)) said.push("Ticks at the foot of a row, or a bar where they are many: doses.");
    if (lines.some((one) => one.mean)) {
      said.push("Pale: ups and downs, around their mean over a day, which is also the value shown.");
    }
    return said.join(" ");
  }

  function limits({ lines, reference }) {
    const all = lines.flatMap((one) => one.y);
    if (reference !== null) all.push(reference);
    let low = all.reduce((a, b) => Math.min(a, b), Infinity);
    let high = all.reduce((a, b) => Math.max(a, b), -Infinity);
    if (low < ZERO_BELOW * high) low = 0;
    if (high - low < 0.02 * high || high <= 0) high = low + Math.max(0.02 * high, 1e-9);
    return [low, high];
  }

  function decimalsFor(spec) {
    const [low, high] = limits(spec);
    return decimalsOf(niceStep(high - low, 3) / 10);
  }

  function valueAt({ y, mean }) {
    const times = content.x;
    const values = mean ?? y;
    let i = nearest(times, now);
    if (times[i] > now && i > 0) i--;
    const [t0, t1] = [times[i], times[Math.min(i + 1, times.length - 1)]];
    return t1 > t0 ? values[i] + ((values[i + 1] - values[i]) * (now - t0)) / (t1 - t0) : values[i];
  }

  function writeValues() {
    for (const { spec, cells, decimals } of drawn) {
      const unit = spec.unit === "factor" || spec.unit === "relative" ? "" : ` ${spec.unit}`;
      spec.lines.forEach((one, i) => say(cells[i].text, write(valueAt(one), decimals) + (i ? "" : unit)));
    }
  }

  // ---- drawing ----

  function later() {
    frame ||= requestAnimationFrame(draw);
  }

  function draw() {
    frame = 0;
    if (!content || !area.clientWidth) return;
    const colours = COLOURS[dark ? "dark" : "light"];
    const family = getComputedStyle(root).fontFamily;
    drawTop(colours);
    for (const row of drawn) {
      if (row.canvas) drawRow(row, colours, family);
      row.spec.lines.forEach((one, k) => {
        const { canvas, mark } = row.cells[k];
        if (canvas) sample(canvas, ink(one.colour, dark), one.dash, mark ? SHAPES[k % SHAPES.length] : "");
      });
    }
    drawFoot(colours, family);
    move(dragging || document.activeElement === handle ? now : model.get("chosen"));
  }

  function line(g, x0, y0, x1, y1) {
    g.beginPath();
    g.moveTo(x0, y0);
    g.lineTo(x1, y1);
    g.stroke();
  }

  function drawTop(colours) {
    const { g, height } = sharpen(top);
    g.fillStyle = colours.muted;
    for (const time of content.assays) {
      shape(g, "down", x(time), height - 5, 4);
      g.fill();
    }
  }

  function drawRow({ spec, canvas, cells }, colours, family) {
    const { g, width, height } = sharpen(canvas);
    const right = width - RIGHT;
    const [low, high] = limits(spec);
    const foot = spec.doses.length ? 10 : 4;
    const y = (value) => height - foot - ((value - low) / (high - low)) * (height - foot - 7);
    g.font = `${FONT} ${family}`;
    g.lineWidth = 1;
    g.textAlign = "right";
    g.textBaseline = "middle";
    const step = niceStep(high - low, height > 90 ? 4 : 2.5);
    for (const value of multiples(step, low, high)) {
      const at = Math.round(y(value)) + 0.5;
      g.strokeStyle = colours.grid;
      line(g, LEFT, at, right, at);
      g.fillStyle = colours.muted;
      g.fillText(write(value, decimalsOf(step)), LEFT - 7, at);
    }
    g.strokeStyle = colours.axis;
    g.setLineDash([5, 4]);
    for (const time of content.assays) line(g, Math.round(x(time)) + 0.5, 0, Math.round(x(time)) + 0.5, height);
    if (spec.reference !== null) {
      g.strokeStyle = colours.muted;
      g.setLineDash([1.5, 3]);
      line(g, LEFT, y(spec.reference), right, y(spec.reference));
    }
    g.lineJoin = "round";
    spec.lines.forEach((one, k) => {
      g.strokeStyle = g.fillStyle = ink(one.colour, dark);
      if (one.mean) {
        g.globalAlpha = 0.3;
        g.lineWidth = 0.6;
        g.setLineDash([]);
        polyline(g, one.y, y);
        g.globalAlpha = 1;
      }
      g.lineWidth = 1.8;
      g.setLineDash(one.dash);
      polyline(g, one.mean ?? one.y, y);
      if (cells[k].mark) drawShapes(g, one, k, spec.lines.length, y);
    });
    g.setLineDash([]);
    drawDoses(g, spec.doses, height);
  }

  function polyline(g, values, y) {
    g.beginPath();
    content.x.forEach((time, i) => (i ? g.lineTo(x(time), y(values[i])) : g.moveTo(x(time), y(values[i]))));
    g.stroke();
  }

  function drawShapes(g, one, k, several, y) {
    const every = content.end / 6;
    g.setLineDash([]);
    for (let time = ((k + 0.5) / several) * every; time <= content.end; time += every) {
      const i = nearest(content.x, time);
      shape(g, SHAPES[k % SHAPES.length], x(content.x[i]), y((one.mean ?? one.y)[i]), 3);
      g.fill();
      g.stroke();
    }
  }

  function drawDoses(g, doses, height) {
    if (!doses.length) return;
    g.strokeStyle = g.fillStyle = "#D55E00";
    g.lineWidth = 1.4;
    if (doses.length > MOST_TICKS) {
      const [first, last] = [Math.min(...doses), Math.max(...doses)];
      g.fillRect(x(first), height - 5, Math.max(x(last) - x(first), 2), 3);
    } else for (const time of doses) line(g, x(time), height - 7, x(time), height);
  }

  function drawFoot(colours, family) {
    const { g, width } = sharpen(foot);
    const right = width - RIGHT;
    const { size, unit, end } = content;
    const step = WHOLE[unit].find((one) => ((one * size) / end) * (right - LEFT) >= 48) ?? WHOLE[unit].at(-1);
    g.font = `${FONT} ${family}`;
    g.strokeStyle = colours.axis;
    g.fillStyle = colours.muted;
    g.lineWidth = 1;
    g.textAlign = "center";
    line(g, LEFT, 0.5, right, 0.5);
    for (const value of multiples(step, 0, end / size)) {
      const at = Math.round(x(value * size)) + 0.5;
      line(g, at, 0, at, 5);
      g.fillText(write(value, decimalsOf(step)), at, 17);
    }
    g.fillText(`Time [${unit}]`, (LEFT + right) / 2, 32);
  }

  // ---- life ----

  const chosen = () => content && !dragging && move(model.get("chosen"));
  const endTheme = followTheme(root, (is) => {
    dark = is;
    for (const [name, colour] of Object.entries(COLOURS[is ? "dark" : "light"])) {
      root.style.setProperty(`--g4-${name}`, colour);
    }
    later();
  });
  const resized = new ResizeObserver(later);
  resized.observe(root);
  model.on("change:content", build);
  model.on("change:chosen", chosen);
  build();
  return () => {
    model.off("change:content", build);
    model.off("change:chosen", chosen);
    cancelAnimationFrame(frame);
    resized.disconnect();
    endTheme();
  };
}

export default { render };
