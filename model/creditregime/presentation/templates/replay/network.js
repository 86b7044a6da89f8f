// A network on a canvas: where firms stand is the same in every run; how they look is their state in a month.

const PALE = "rgba(110, 110, 110, 0.22)";
const NEAR = 16; // pixels within which a click finds a firm
const MOST_HIGH = 0.78; // of the window, so that a network is seen whole

class Network {
  constructor(figure, catalogue, choose) {
    this.canvas = figure.querySelector("canvas");
    this.look = catalogue.look;
    this.choose = choose;
    this.canvas.addEventListener("click", (event) => this.choose(this.firmAt(event)));
    this.canvas.addEventListener("keydown", (event) => this.walk(event));
  }

  /** Show a run in a month, with a firm chosen or null. */
  show(run, month, chosen) {
    Object.assign(this, { run, month, chosen });
    this.fit();
    this.draw();
  }

  /** Find where firms and names stand, for the room that there is now. */
  fit() {
    const { x, y, labels } = this.run.economy;
    const [left, right, low, high] = boundsOf(this.run.economy);
    const room = this.canvas.parentElement.clientWidth;
    const width = Math.round(Math.min(room, (MOST_HIGH * window.innerHeight * (right - left)) / (high - low)));
    this.unit = width / (right - left);
    this.clear(width, Math.round(this.unit * (high - low)));
    const place = (across, up) => [(across - left) * this.unit, (high - up) * this.unit];
    this.at = Array.from(x, (across, firm) => place(across, y[firm]));
    this.labels = labels.map(([text, across, up]) => [text, ...place(across, up)]);
    this.radius = Array.from(this.run.economy.area, (area) => this.unit * Math.min(0.3 * Math.sqrt(area / 50), 0.48));
  }

  /** Empty the canvas, as sharp as the screen is. */
  clear(width, height) {
    const sharp = window.devicePixelRatio || 1;
    const [across, down] = [Math.round(width * sharp), Math.round(height * sharp)];
    if (this.canvas.width !== across || this.canvas.height !== down) {
      Object.assign(this.canvas, { width: across, height: down });
      Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    }
    this.pen = this.canvas.getContext("2d");
    this.pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    this.pen.clearRect(0, 0, width, height);
  }

  draw() {
    this.drawLinks();
    this.drawStrikes();
    for (let firm = 0; firm < this.run.firms; firm += 1) this.drawFirm(firm);
    this.drawNames();
    this.drawChosen();
  }

  drawLinks() {
    const { buyer, supplier, active, lost } = this.run.links(this.month);
    const [pale, dark] = [new Path2D(), new Path2D()];
    const listed = FLAG.listed | FLAG.associated;
    for (let link = 0; link < buyer.length; link += 1) {
      if (!active[link]) continue;
      const ends = [buyer[link], supplier[link]];
      this.line(ends.some((firm) => this.run.is(firm, this.month, listed)) ? dark : pale, ...ends);
    }
    this.stroke(pale, PALE, 0.6);
    this.stroke(dark, "rgba(34, 34, 34, 0.6)", 0.8);
    const broken = new Path2D();
    for (const ends of lost) this.line(broken, ...ends);
    this.stroke(broken, this.look.worlds[0], 1, [4, 4]);
  }

  /** Draw who was hit by association as an arrow from the firm through which it came. */
  drawStrikes() {
    for (const { firm, through, month } of this.run.strikes(this.month)) {
      if (through === NOBODY) continue;
      this.pen.globalAlpha = 1 - (this.month - month) / (RECENT + 1);
      arrow(this.pen, this.at[through], this.at[firm], this.radius[firm], this.look.struck);
      this.pen.globalAlpha = 1;
    }
  }

  drawFirm(firm) {
    const { run, month } = this;
    const grades = run.grades(month).length;
    drawMark(this.pen, this.at[firm], this.radius[firm], {
      colour: this.look.ramps[grades][run.grade[run.at(firm, month)]],
      fill: (run.grade[run.at(firm, month)] + 1) / grades,
      shape: run.is(firm, month, FLAG.listed) ? "diamond" : run.is(firm, month, FLAG.associated) ? "square" : "circle",
      vacant: !run.is(firm, month, FLAG.active),
      successor: run.succeeded(firm, month),
      held: run.is(firm, month, FLAG.lowered) ? this.look.struck : "",
      sanctioned: run.recently(firm, month, FLAG.sanctioned),
    });
  }

  drawNames() {
    const { pen } = this;
    pen.font = `${Math.max(9, Math.min(13, this.unit * 0.95))}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "alphabetic";
    for (const [text, across, up] of this.labels) {
      twoLines(text).forEach((line, number, lines) => {
        const high = up - (lines.length - 1 - number) * Math.max(10, this.unit);
        pen.lineWidth = 3;
        pen.strokeStyle = "rgba(255, 255, 255, 0.85)";
        pen.strokeText(line, across, high);
        pen.fillStyle = INK;
        pen.fillText(line, across, high);
      });
    }
  }

  /** Ring the chosen firm and its partners, and draw the links between them. */
  drawChosen() {
    if (this.chosen === null) return;
    const { suppliers, buyers } = this.run.partners(this.chosen, this.month);
    for (const [rows, colour, dash] of [[suppliers, this.look.supplier, []], [buyers, this.look.buyer, [6, 3]]]) {
      const path = new Path2D();
      for (const row of rows) this.line(path, this.chosen, row);
      this.stroke(path, colour, 2, dash);
      for (const row of rows) ring(this.pen, this.at[row], this.radius[row] + 2.5, colour, 1.5, dash);
      for (const row of rows) this.drawFirm(row);
    }
    this.drawFirm(this.chosen);
    ring(this.pen, this.at[this.chosen], this.radius[this.chosen] + 5, INK, 3);
  }

  line(path, one, other) {
    path.moveTo(...this.at[one]);
    path.lineTo(...this.at[other]);
  }

  stroke(path, colour, width, dash = []) {
    Object.assign(this.pen, { strokeStyle: colour, lineWidth: width });
    this.pen.setLineDash(dash);
    this.pen.stroke(path);
    this.pen.setLineDash([]);
  }

  /** Return the firm nearest to a click, or null. */
  firmAt(event) {
    const [x, y] = [event.offsetX, event.offsetY];
    const [firm, distance] = nearest(this.at, ([across, up]) => Math.hypot(across - x, up - y));
    return distance <= Math.max(NEAR, this.radius[firm]) ? firm : null;
  }

  walk(event) {
    const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    if (event.key in steps) this.choose(this.neighbour(...steps[event.key]));
    else if (event.key === "Escape") this.choose(null);
    else if (event.key === "Enter") byId("firm-title").focus();
    else return;
    event.preventDefault();
  }

  /** Return the nearest firm in a direction from the chosen one; the same where there is none. */
  neighbour(right, down) {
    if (this.chosen === null) return 0;
    const [x, y] = this.at[this.chosen];
    const [firm, distance] = nearest(this.at, ([across, up]) => {
      const [ahead, aside] = [(across - x) * right + (up - y) * down, (across - x) * down + (up - y) * right];
      return ahead > 0.5 ? ahead + 2.5 * Math.abs(aside) : Infinity;
    });
    return distance < Infinity ? firm : this.chosen;
  }
}

/** Return the limits of an economy's picture, room for names and marks included. */
function boundsOf({ x, y, labels }) {
  const across = [...x, ...labels.flatMap(([, middle]) => [middle - 3, middle + 3])];
  const up = [...y, ...labels.map(([, , low]) => low + 1.8)];
  return [min(across) - 1, max(across) + 1, min(up) - 1.2, max(up) + 0.4];
}

/** Return the position of the smallest distance, and the distance. */
function nearest(places, distanceOf) {
  let [best, least] = [0, Infinity];
  places.forEach((place, position) => {
    const distance = distanceOf(place);
    if (distance < least) [best, least] = [position, distance];
  });
  return [best, least];
}

function twoLines(text) {
  const cut = text.indexOf(" ");
  return cut < 0 ? [text] : [text.slice(0, cut), text.slice(cut + 1)];
}

function min(values) {
  return values.reduce((one, other) => Math.min(one, other), Infinity);
}

function max(values) {
  return values.reduce((one, other) => Math.max(one, other), -Infinity);
}
