// The slider under the cell: back through what has been simulated, and to the present again at its end.

class Scrubber {
  /** `look(time)` asks for the cells as they were then [s]; null: as they are. */
  constructor(look) {
    this.slider = element("input", { type: "range", min: 0, max: 0, value: 0 });
    this.slider.setAttribute("aria-label", "Look back in time");
    this.back = element("button", { type: "button", textContent: "Back to now" });
    this.root = element("div", { className: "g4-bar g4-scrub" }, this.slider, this.back);
    this.every = 1; // s between two pictures of the past
    this.slider.addEventListener("input", () => {
      const time = Number(this.slider.value);
      look(time + this.every > Number(this.slider.max) ? null : time);
    });
    this.back.addEventListener("click", () => look(null));
    this.root.hidden = true;
  }

  show({ time, reach, every, looking_back: isBack }) {
    this.root.hidden = !(reach > 0);
    if (!(reach > 0)) return;
    this.every = every;
    Object.assign(this.slider, { max: reach, step: "any", value: time });
    this.slider.setAttribute("aria-valuetext", isBack ? `${clock(time)}, of ${clock(reach)}` : `${clock(time)}, now`);
    if (this.back.hidden === isBack) this.back.hidden = !isBack;
    this.root.dataset.back = isBack; // for tests
  }
}
