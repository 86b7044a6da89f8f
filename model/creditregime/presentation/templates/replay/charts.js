// Each indicator of both worlds as lines, and their difference below; a table has the numbers of the month.

const PLOT = { width: 340, left: 56, right: 8, top: 8, middle: 112, gap: 16, bottom: 186 };

class Charts {
  constructor(catalogue, goTo) {
    this.catalogue = catalogue;
    this.charts = catalogue.indicators.map((said, number) => new Chart(said, number, catalogue, goTo));
    byId("charts").replaceChildren(...this.charts.map((chart) => chart.box));
  }

  /** Draw the lines of two runs. */
  load(left, right) {
    this.runs = [left, right];
    for (const chart of this.charts) chart.load(left, right);
  }

  /** Mark a month, and tell its numbers. */
  show(month) {
    for (const chart of this.charts) chart.show(month);
    const told = month ? `In ${dated(month)}.` : "At the start nothing has been measured yet.";
    byId("numbers").caption.textContent = told;
    byId("numbers").tBodies[0].replaceChildren(...this.charts.map((chart) => chart.row(month)));
  }

  /** Return all months of both worlds as CSV, in the indicators' own units. */
  csv() {
    const names = this.catalogue.indicators.map(({ name }) => name);
    const rows = [["world", "month", ...names].join(",")];
    this.runs.forEach((run, world) => {
      for (let month = 0; month < run.months; month += 1) {
        const values = names.map((_, number) => run.indicator(number)[month]);
        rows.push([SIDES[world], month + 1, ...values.map((v) => (Number.isFinite(v) ? v : ""))].join(","));
      }
    });
    return `${rows.join("\n")}\n`;
  }
}

class Chart {
  constructor(said, number, catalogue, goTo) {
    Object.assign(this, { said, number, months: catalogue.months, colours: catalogue.look.worlds });
    this.drawing = mark("svg", { viewBox: `0 0 ${PLOT.width} ${PLOT.bottom + 18}`, role: "img" });
    this.told = element("p", {});
    const unit = element("span", { class: "unit" }, said.unit ? ` (${said.unit})` : "");
    const title = element("h3", { title: said.text || null }, said.label, unit);
    this.box = element("div", { class: "chart" }, title, this.drawing, this.told);
    this.drawing.addEventListener("click", (event) => {
      const share = (event.offsetX / this.drawing.clientWidth) * PLOT.width - PLOT.left;
      goTo(Math.round(1 + (share / (PLOT.width - PLOT.left - PLOT.right)) * (this.months - 1)));
    });
  }

  load(left, right) {
    const { number: row, said } = this;
    this.values = [left, right].map((run) => Array.from(run.indicator(row), (value) => value * said.scale));
    this.difference = this.values[1].map((value, month) => value - this.values[0][month]);
    this.upper = scaleOf(this.values.flat(), PLOT.middle, PLOT.top, false);
    this.lower = scaleOf(this.difference, PLOT.bottom, PLOT.middle + PLOT.gap, true);
    this.cursor = mark("line", { y1: PLOT.top, y2: PLOT.bottom, stroke: "#222", "stroke-width": 1.2 });
    this.drawing.replaceChildren(...this.axes(), ...this.bars(), ...this.lines(), this.cursor);
  }

  x(month) {
    const share = this.months > 1 ? (month - 1) / (this.months - 1) : 0.5;
    return PLOT.left + share * (PLOT.width - PLOT.left - PLOT.right);
  }

  axes() {
    const found = [];
    for (const scale of [this.upper, this.lower]) {
      for (const value of scale.ticks) {
        const y = scale(value);
        found.push(mark("line", { x1: PLOT.left, x2: PLOT.width - PLOT.right, y1: y, y2: y, stroke: "#ddd" }));
        const signed = scale === this.lower;
        found.push(mark("text", { ...SMALL, x: PLOT.left - 4, y: y + 4, "text-anchor": "end" }, number(value, signed)));
      }
    }
    for (let month = YEAR; month <= this.months; month += YEAR * Math.ceil(this.months / 120)) {
      const place = { x: this.x(month), y: PLOT.bottom + 14, "text-anchor": "middle" };
      found.push(mark("text", { ...SMALL, ...place }, String(month)));
    }
    found.push(mark("text", { ...SMALL, x: PLOT.left, y: PLOT.bottom + 14, "text-anchor": "end" }, "month"));
    return found;
  }

  lines() {
    return this.values.flatMap((values, world) => {
      const dash = world ? "6 4" : "none";
      const look = { fill: "none", stroke: this.colours[world], "stroke-width": 2, "stroke-dasharray": dash };
      const line = mark("path", { ...look, d: pathOf(values, (month) => this.x(month), this.upper) });
      return [line, ...this.markers(values, world)];
    });
  }

  markers(values, world) {
    const found = [];
    for (let month = YEAR; month <= this.months; month += YEAR) {
      if (!Number.isFinite(values[month - 1])) continue;
      const [x, y] = [this.x(month), this.upper(values[month - 1])];
      const [square, dot] = [{ x: x - 3, y: y - 3, width: 6, height: 6 }, { cx: x, cy: y, r: 3.2 }];
      found.push(mark(world ? "rect" : "circle", { ...(world ? square : dot), fill: this.colours[world] }));
    }
    return found;
  }

  /** Draw the difference as bars from zero. */
  bars() {
    const width = Math.max(0.6, (0.75 * (PLOT.width - PLOT.left - PLOT.right)) / this.months);
    const zero = this.lower(0);
    return this.difference.flatMap((value, month) => {
      if (!Number.isFinite(value) || value === 0) return [];
      const y = this.lower(value);
      const place = { x: this.x(month + 1) - width / 2, y: Math.min(y, zero), width, height: Math.abs(y - zero) };
      return [mark("rect", { ...place, fill: "#6b6b6b" })];
    });
  }

  show(month) {
    const x = this.x(Math.max(month, 1));
    this.cursor.setAttribute("x1", x);
    this.cursor.setAttribute("x2", x);
    this.cursor.setAttribute("visibility", month ? "visible" : "hidden");
    const [left, right, difference] = this.at(month);
    this.told.textContent = `left ${left}, right ${right}, right − left ${difference}`;
    const { label, unit } = this.said;
    this.drawing.setAttribute("aria-label", `${label}, ${dated(month)}: ${this.told.textContent} ${unit}`);
  }

  /** Return what the numbers of a month are, in words: left, right, difference. */
  at(month) {
    const [left, right] = this.values.map((values) => (month ? values[month - 1] : NaN));
    return [number(left), number(right), number(right - left, true)];
  }

  row(month) {
    const cells = this.at(month).map((text) => element("td", { class: "n" }, text));
    const { label, unit, text } = this.said;
    const small = element("span", { class: "unit" }, ` ${unit}`);
    return element("tr", {}, element("th", { scope: "row", title: text || null }, label, small), ...cells);
  }
}

const SMALL = { "font-size": 11, fill: "#444" };

/** Return a function from values to heights, with two or three round values in between as ticks. */
function scaleOf(values, bottom, top, zero) {
  const known = values.filter(Number.isFinite);
  let [low, high] = known.length ? [min(known), max(known)] : [0, 1];
  if (zero) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
  if (high - low < 1e-9) [low, high] = zero ? [-1, 1] : [low - 0.5, high + 0.5];
  const scale = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
  scale.ticks = zero ? endsOf(low, high, scale, known) : ticksOf(low, high);
  return scale;
}

/** Return zero and the ends that are far enough from it to be read; zero alone where nothing differs. */
function endsOf(low, high, scale, known) {
  if (!known.some(Boolean)) return [0];
  return [0, ...[low, high].filter((value) => Math.abs(scale(value) - scale(0)) > 12)];
}

function ticksOf(low, high) {
  const rough = (high - low) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + 1e-9; value += step) found.push(value);
  return found;
}

function pathOf(values, x, y) {
  let lifted = true;
  return values.reduce((path, value, month) => {
    const drawn = Number.isFinite(value);
    const next = drawn ? `${path}${lifted ? "M" : "L"}${x(month + 1).toFixed(1)} ${y(value).toFixed(1)}` : path;
    lifted = !drawn;
    return next;
  }, "");
}
