// The dose-response of the cell, with where it is now: see dose_view.py; canvas.js has what the views share.

const LEFT = 40; // px, for numbers at the axis
const RIGHT = 14;
const FOOT = 34; // px, for numbers and name of the axis of doses
const FONT = "11px";

function render({ model, el }) {
  const root = add(el, "section", "g4-charts g4-dose");
  const head = add(root, "div", "g4-head");
  const title = add(head, "h2", "g4-title", "Dose and response");
  const unit = add(title, "span", "g4-muted");
  const here = add(head, "div", "g4-value");
  const canvas = add(root, "canvas", "g4-dose-plot");
  canvas.setAttribute("role", "img");
  let dark = false;
  let now = null; // insulin [nM] and surface GLUT4 [%] of the cell
  let frame = 0;

  const dose = (value) => (value < 0.1 && value > 0 ? `${Number((1e3 * value).toPrecision(3))} pM` : `${Number(value.toPrecision(3))} nM`);

  function later() {
    frame ||= requestAnimationFrame(draw);
  }

  function draw() {
    frame = 0;
    const { doses, responses, minutes, colour, ec50 } = model.get("content");
    root.style.display = doses ? "" : "none";
    if (!doses || !canvas.clientWidth) return;
    say(unit, `% of GLUT4 at the surface, ${minutes} min after insulin, by the mean field`);
    const colours = COLOURS[dark ? "dark" : "light"];
    const { g, width, height } = sharpen(canvas);
    g.font = `${FONT} ${getComputedStyle(root).fontFamily}`;
    // no dose stands left of the least one, by as much as a power of ten
    const least = Math.log10(doses[1]) - 1;
    const most = Math.log10(doses.at(-1));
    const x = (value) => LEFT + ((Math.min(Math.max(Math.log10(value || 1e-99), least), most) - least) / (most - least)) * (width - LEFT - RIGHT);
    const step = niceStep(Math.max(...responses, now?.response ?? 0), 4);
    const high = Math.ceil(Math.max(...responses, now?.response ?? 0) / step - 1e-9) * step || 1;
    const y = (value) => height - FOOT - (value / high) * (height - FOOT - 8);

    g.lineWidth = 1;
    g.textBaseline = "middle";
    g.textAlign = "right";
    for (const value of multiples(step, 0, high)) {
      const at = Math.round(y(value)) + 0.5;
      g.strokeStyle = value ? colours.grid : colours.axis;
      g.beginPath();
      g.moveTo(LEFT, at);
      g.lineTo(width - RIGHT, at);
      g.stroke();
      g.fillStyle = colours.muted;
      g.fillText(write(value, decimalsOf(step)), LEFT - 7, at);
    }
    g.textAlign = "center";
    g.textBaseline = "alphabetic";
    const apart = (width - LEFT - RIGHT) / (most - least) < 46 ? 2 : 1; // powers of ten between two numbers
    for (let k = least; k <= most; k += apart) g.fillText(k === least ? "none" : dose(10 ** k), x(10 ** k), height - FOOT + 15);
    g.fillText("Insulin", (LEFT + width - RIGHT) / 2, height - 4);

    g.strokeStyle = g.fillStyle = ink(colour, dark);
    g.lineWidth = 2;
    g.beginPath();
    doses.forEach((value, i) => (i ? g.lineTo(x(value), y(responses[i])) : g.moveTo(x(value), y(responses[i]))));
    g.stroke();
    if (now) {
      shape(g, "circle", x(now.dose), y(now.response), 5.5);
      g.fill();
      g.strokeStyle = colours.surface;
      g.stroke();
      g.fillStyle = colours.text;
      const left = x(now.dose) > width - 120;
      g.textAlign = left ? "right" : "left";
      g.fillText("you are here", x(now.dose) + (left ? -10 : 10), y(now.response) + (now.response > high / 2 ? 14 : -8));
    }
    const half = ec50 ? `, half of the rise at ${dose(ec50)}` : "";
    const place = now ? `${dose(now.dose)}: ${write(now.response, 1)} %` : "";
    say(here, place);
    Object.assign(root.dataset, { dose: now?.dose ?? "", response: now?.response ?? "" });
    canvas.ariaLabel = `Surface GLUT4 over the dose of insulin, from ${write(responses[0], 1)} to ${write(responses.at(-1), 1)} %${half}; the cell now: ${place}`;
  }

  const move = ({ detail }) => {
    now = detail;
    later();
  };
  const endTheme = followTheme(root, (is) => {
    dark = is;
    for (const [name, colour] of Object.entries(COLOURS[is ? "dark" : "light"])) root.style.setProperty(`--g4-${name}`, colour);
    later();
  });
  const resized = new ResizeObserver(later);
  resized.observe(canvas);
  resized.observe(el);
  model.on("change:content", later);
  document.addEventListener("g4-now", move);
  later();
  return () => {
    model.off("change:content", later);
    document.removeEventListener("g4-now", move);
    cancelAnimationFrame(frame);
    resized.disconnect();
    endTheme();
  };
}

export default { render };
