// Plays a recorded run in a page without a server: stands for the session that the views talk to elsewhere.
//
// What is recorded is in the page: `told` as JSON, and arrays, deflated, in the order in which page_file.py packs them.

const SPEEDS = [30, 60, 120, 300, 600]; // simulated per real time

/** What a view takes for its model: traits, and messages to and fro. */
class Recorded {
  constructor(traits, answer) {
    this.traits = traits;
    this.answer = answer; // called with what the view says
    this.listening = [];
  }

  get(name) {
    return this.traits[name];
  }

  on(type, act) {
    if (type === "msg:custom") this.listening.push(act);
  }

  off() {} // a view stays as long as its page

  send(content) {
    this.answer(content);
  }

  tell(content, buffers) {
    for (const act of this.listening) act(content, buffers);
  }
}

async function inflated(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

/** Arrays one after the other, as [type, length] says; and of those of pictures each from the difference to the one before. */
function unpacked(buffer, layout) {
  let at = 0;
  const arrays = layout.map(([Type, length]) => {
    const array = new Type(buffer, at, length);
    at += array.byteLength;
    return array;
  });
  return arrays;
}

function added(array, each) {
  for (let i = each; i < array.length; i++) array[i] += array[i - each];
  return array;
}

class Player {
  constructor(told, buffer) {
    const { pictures, vesicles, receptors, changes, charts } = (this.told = told), n = pictures.length;
    const layout = [[Float32Array, changes], [Uint32Array, changes], [Float32Array, charts ? charts.rows * charts.columns.length : 0]];
    const ofPictures = [[Uint16Array, 3 * n * vesicles], [Uint8Array, n * vesicles], [Uint8Array, n * receptors]];
    const [times, whose, table, places, states, groups, became] = unpacked(buffer, [...layout, ...ofPictures, [Uint8Array, changes]]);
    Object.assign(this, { times, whose, became, table });
    this.places = added(places, 3 * vesicles);
    this.states = added(states, vesicles);
    this.groups = added(groups, receptors);
    this.shown = 0; // which picture
    this.time = pictures[0].time;
    this.end = pictures.at(-1).time;
    this.messages = 0;
    this.followed = null; // which vesicle
    this.cell = new Recorded({ causes: told.causes }, (content) => this._hear(content));
    cellView.render({ model: this.cell, el: document.getElementById("cell") });
    if (charts) {
      this.chart = new Recorded({ panels: charts.panels, overlays: [] }, () => {});
      chartView.render({ model: this.chart, el: document.getElementById("charts") });
    }
    if (n > 1) this._addControls();
    this.show();
  }

  _addControls() {
    const controls = document.getElementById("controls"), add = (tag, properties) => controls.appendChild(Object.assign(document.createElement(tag), properties));
    this.button = add("button", { type: "button", textContent: "Play", title: "Space" });
    this.button.dataset.play = ""; // for the space bar, see cell_view.js
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.speed = add("select", {});
    this.speed.setAttribute("aria-label", "Speed, simulated per real time");
    for (const speed of SPEEDS) this.speed.append(new Option(`${speed}×`, speed, speed === 300, speed === 300));
  }

  _hear({ kind, time, vesicle }) {
    if (kind === "look back") this.goTo(time ?? this.end);
    if (kind === "follow") this.followed = vesicle;
    if (kind === "ready" || kind === "follow") this.show();
  }

  play() {
    if (this.time >= this.end) this.time = this.told.pictures[0].time;
    let before = performance.now();
    const advance = (now) => {
      this.goTo(Math.min(this.time + ((now - before) / 1000) * Number(this.speed.value), this.end));
      before = now;
      if (this.time >= this.end) this.pause();
      else this.playing = requestAnimationFrame(advance);
    };
    this.playing = requestAnimationFrame(advance);
    this.button.textContent = "Pause";
  }

  pause() {
    cancelAnimationFrame(this.playing);
    this.playing = null;
    this.button.textContent = "Play";
  }

  goTo(time) {
    const { pictures } = this.told, later = pictures.findIndex((picture) => picture.time > time + 1e-6);
    const wanted = later < 0 ? pictures.length - 1 : Math.max(later - 1, 0);
    this.time = time;
    if (wanted === this.shown) return;
    this.shown = wanted;
    this.show();
  }

  show() {
    const { pictures, vesicles, receptors, perHexagon, every } = this.told, { shown } = this, { time, facts } = pictures[shown];
    const cell = { label: "Cell", ...facts, ...(this.followed === null ? {} : { followed: this._historyUntil(time) }) };
    const part = (array, each) => array.slice(each * shown, each * (shown + 1));
    const message = { kind: "frame", id: ++this.messages, time, molecules_per_hexagon: perHexagon, cells: [cell] };
    Object.assign(message, { reach: pictures.length > 1 ? this.end : 0, every });
    this.cell.tell(message, [part(this.places, 3 * vesicles), part(this.states, vesicles), part(this.groups, receptors)]);
    if (this.chart) this._showCharts(time);
  }

  // What became of the vesicle that is followed, from the start
  _historyUntil(time) {
    const k = this.followed, history = [[this.told.pictures[0].time, this.states[k]]];
    for (let i = 0; i < this.times.length && this.times[i] <= time + 1e-3; i++) {
      if (this.whose[i] === k) history.push([this.times[i], this.became[i]]);
    }
    return { vesicle: k, number: this.told.numbers[k], history };
  }

  _showCharts(time) {
    const { rows, columns, content } = this.told.charts, { table } = this, taken = table.subarray(0, rows);
    let n = taken.findIndex((moment) => moment > time + 1e-3);
    if (n < 0) n = rows;
    const cut = new Float32Array(n * columns.length);
    columns.forEach((_, k) => cut.set(table.subarray(k * rows, k * rows + n), k * n));
    this.chart.tell({ ...content, id: this.messages, sets: [{ name: "cell", label: "Cell", n, columns }] }, [cut]);
  }
}

inflated(document.getElementById("arrays").textContent).then((buffer) => {
  document.player = new Player(JSON.parse(document.getElementById("told").textContent), buffer);
});
