// A vesicle that the reader follows: where it has been, and what became of it, state by state.

const TRACK = 250; // places kept of its way
const MOVED = 1e-4; // radii, less than which is no way
const TOLD = 40; // changes in the list, the latest first

/** The way of one vesicle, as far as frames have shown it. */
class Track {
  constructor() {
    this.vesicle = null;
    this.time = -1;
    this.places = [];
  }

  follow(time, vesicle, place) {
    if (vesicle !== this.vesicle || time < this.time) this.places = [];
    const last = this.places.at(-1), hasMoved = !last || Math.max(...last.map((v, k) => Math.abs(v - place[k]))) > MOVED;
    if (vesicle !== null && hasMoved) this.places.push([...place]);
    if (this.places.length > TRACK) this.places.shift();
    Object.assign(this, { vesicle, time });
  }

  /** Its way as a line, and a ring around where it is: dashed, where something hides it. */
  draw(c, at, isHidden, size, ratio, colours) {
    c.strokeStyle = colours.ink;
    c.lineJoin = "bevel";
    c.lineWidth = 1.3 * ratio;
    c.globalAlpha = 0.7;
    c.beginPath();
    for (const place of this.places) c.lineTo(...at(place));
    c.stroke();
    c.globalAlpha = 1;
    const [x, y] = at(this.places.at(-1));
    for (const [colour, wide] of [[colours.paper, 5], [colours.ink, 2.2]]) {
      c.strokeStyle = colour;
      c.lineWidth = wide * ratio;
      c.setLineDash(isHidden && wide < 5 ? [3 * ratio, 3 * ratio] : []);
      c.beginPath();
      c.arc(x, y, size, 0, 2 * Math.PI);
      c.stroke();
    }
    c.setLineDash([]);
  }
}

/** A time to a tenth of a second: "12:30.4 min". */
const exactly = (seconds) => {
  const tenths = Math.floor(10 * seconds + 1e-6), two = (n) => String(n).padStart(2, "0");
  return `${Math.floor(tenths / 600)}:${two(Math.floor(tenths / 10) % 60)}.${tenths % 10} min`;
};

/** What is told of the vesicle that is followed, in words. */
class FollowedList {
  constructor(leave) {
    this.root = element("section", { className: "g4-followed", hidden: true });
    this.root.setAttribute("aria-label", "The vesicle that is followed");
    this.now = element("p", {});
    this.now.setAttribute("role", "status");
    const stop = element("button", { type: "button", textContent: "Stop following" });
    stop.addEventListener("click", leave);
    this.list = element("ol", { tabIndex: 0 });
    this.list.setAttribute("aria-label", "What became of it, the latest first");
    this.root.append(element("div", {}, this.now, stop), this.list);
    this.shown = "";
  }

  show(cells) {
    const { followed, label } = cells.find((cell) => cell.followed) ?? {};
    this.root.hidden = !followed;
    const { number, history = [] } = followed ?? {}, shown = `${label} ${number} ${history.length} ${history.at(-1)}`;
    if (shown === this.shown) return;
    this.shown = shown;
    if (!followed) return;
    const name = ([, state]) => VESICLES[state], last = history.at(-1);
    const whose = cells.length > 1 ? ` of the ${label.split(":")[0].toLowerCase()}` : "";
    setText(this.now, `Vesicle ${number}${whose}: ${name(last)} since ${exactly(last[0])}`);
    const changes = history.slice(1).map((one, k) => [exactly(one[0]), `${name(history[k])} → ${name(one)}`]).reverse();
    const first = [exactly(history[0][0]), `${name(history[0])} at first`];
    const told = changes.length > TOLD ? [...changes.slice(0, TOLD), ["", `and ${changes.length - TOLD} before`]] : [...changes, first];
    this.list.replaceChildren(...told.map(([when, what]) => element("li", {}, element("span", { textContent: when }), what)));
  }
}
