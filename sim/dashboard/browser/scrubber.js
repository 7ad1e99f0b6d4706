// The slider under the cell: back through what has been simulated, and to the present again at its end.

const LOOK_BACK = "g4-look-back"; // tells the charts which time is looked back at, or none

class Scrubber {
  /** `look(time)` asks for the cells as they were then [s]; null: as they are. */
  constructor(look) {
    this.slider = element("input", { type: "range", min: 0, max: 0, value: 0 });
    this.slider.setAttribute("aria-label", "Look back in time");
    this.back = element("button", { type: "button", textContent: "Back to now", disabled: true });
    this.root = element("div", { className: "g4-scrub" }, this.slider, this.back);
    this.every = 1; // s between two pictures of the past
    this.told = null; // the time that charts were told
    this.slider.addEventListener("input", () => {
      const time = Number(this.slider.value);
      look(time + this.every > Number(this.slider.max) ? null : time);
    });
    this.back.addEventListener("click", () => look(null));
    this.root.hidden = true;
  }

  /** `isBack`: whether this is the past; undefined where there is no present, in a run that is recorded. */
  show({ time, reach, every, looking_back: isBack }) {
    this.root.hidden = !(reach > 0);
    if (!(reach > 0)) return;
    this.every = every;
    Object.assign(this.slider, { max: reach, step: "any", value: time });
    this.slider.setAttribute("aria-valuetext", `${clock(time)} of ${clock(reach)}`);
    this.back.hidden = isBack === undefined;
    if (this.back.disabled === isBack) this.back.disabled = !isBack;
    const told = isBack ? time : null;
    if (told !== this.told) document.dispatchEvent(new CustomEvent(LOOK_BACK, { detail: told }));
    this.told = told;
  }
}
