// A video of the cells as they are on the screen, with the time, recorded and packed by the browser itself.

const [RATE, BITS] = [30, 8e6]; // pictures and bits a second, at most
const HEAD = 34; // height of the line with the time [css pixels]

class Video {
  constructor(view) {
    this.view = view;
    this.button = element("button", { type: "button", textContent: "Video", title: "Record the cell from now on; press again to download it" });
    this.button.addEventListener("click", () => (this.recorder ? this.recorder.stop() : this._start()));
    this.button.hidden = !window.MediaRecorder?.isTypeSupported("video/webm");
  }

  _start() {
    const { stages } = this.view, [{ side, ratio }] = stages, parts = [];
    this.canvas = element("canvas", { width: side * stages.length, height: side + HEAD * ratio });
    this.take();
    this.recorder = new MediaRecorder(this.canvas.captureStream(RATE), { mimeType: "video/webm", videoBitsPerSecond: BITS });
    this.recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
    this.recorder.addEventListener("stop", () => this._save(parts));
    this.recorder.start();
    this.button.textContent = "Stop and download";
  }

  /** Takes up what is drawn; after each time that it is drawn. */
  take() {
    const { stages, colours, time } = this.view, [{ ratio }] = stages, c = this.canvas.getContext("2d"), { width, height } = this.canvas;
    c.fillStyle = colours.paper;
    c.fillRect(0, 0, width, height);
    c.fillStyle = colours.ink;
    c.font = `600 ${16 * ratio}px system-ui, sans-serif`;
    c.fillText(clock(time), 14 * ratio, 23 * ratio);
    const side = height - HEAD * ratio;
    stages.forEach(({ canvas, caption }, i) => {
      c.drawImage(canvas, i * side, HEAD * ratio, side, side);
      if (stages.length > 1) c.fillText(caption.textContent, (14 + 110 * (i === 0)) * ratio + i * side, 23 * ratio, side - 130 * ratio);
    });
  }

  _save(parts) {
    const link = element("a", { href: URL.createObjectURL(new Blob(parts, { type: "video/webm" })), download: "cell.webm" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    this.recorder = null;
    this.button.textContent = "Video";
  }
}
