// The page of the classroom. Everything that comes from the server is set as text, never as HTML.

const SVG = "http://www.w3.org/2000/svg";
const SPEEDS = [["1", "1 month a second"], ["2", "2 months a second"], ["4", "4 months a second"],
                ["8", "8 months a second"], ["0", "as fast as it goes"]];

/** Makes an element: attributes by name, `on` for listeners, `text` for its text, then children. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (name === "on") Object.entries(value).forEach(([event, heard]) => element.addEventListener(event, heard));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const button = (text, heard, more = {}) => make("button", { type: "button", text, on: { click: heard }, ...more });
const labelled = (text, control, more = {}) => make("label", more, make("span", { class: "label", text }), control);

function fill(select, options, value) {
  const wanted = JSON.stringify(options);
  if (select.dataset.options !== wanted) {
    select.replaceChildren(...options.map(([key, words]) => make("option", { value: key, text: words })));
    select.dataset.options = wanted;
  }
  select.value = value;
}

function dated(month) {
  return month ? `year ${Math.floor((month - 1) / 12) + 1}, month ${((month - 1) % 12) + 1}` : "the start";
}

/** One mark of the key, as it is drawn. */
function mark(shape, face, edge, width = 1.8) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("width", "20");
  svg.setAttribute("height", "16");
  svg.setAttribute("aria-hidden", "true");
  const shapes = {
    circle: ["circle", { cx: 10, cy: 8, r: 5.5 }],
    ring: ["circle", { cx: 10, cy: 8, r: 6 }],
    diamond: ["polygon", { points: "10,1 17,8 10,15 3,8" }],
    square: ["rect", { x: 4.5, y: 2.5, width: 11, height: 11 }],
    cross: ["path", { d: "M5 3 L15 13 M15 3 L5 13" }],
    line: ["path", { d: "M0 8 L20 8" }],
    dashes: ["path", { d: "M0 8 L20 8", "stroke-dasharray": "5 3" }],
  };
  const [tag, attributes] = shapes[shape];
  const drawn = document.createElementNS(SVG, tag);
  Object.entries({ ...attributes, fill: face, stroke: edge, "stroke-width": width })
    .forEach(([name, value]) => drawn.setAttribute(name, value));
  svg.append(drawn);
  return svg;
}

class Page {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.month = 0;
    this.months = 1;
    this.wanted = 0;
    this.waiting = false;
    this.playing = false;
    this.shownAt = 0;
    this.rows = new Map();
    this.query = "";
    this.firm = null;
    this.lastPong = performance.now();
    this.frames = 0;
    this.build();
    model.on("msg:custom", (message) => this.hear(message.data ?? message));
    this.ask({ do: "hello" });
    this.pulse = setInterval(() => this.beat(), 3000);
    window.Bokeh?.documents?.forEach((known) => known.on_event?.("connection_lost", () => this.lose()));
  }

  ask(message) {
    this.model.send_msg(message);
  }

  // ---- time -------------------------------------------------------------------------------------------------

  go(month) {
    this.wanted = Math.max(0, Math.min(this.months, month));
    this.send();
  }

  /** Asks for the month that is wanted, one request at a time: a hundred clicks are a few requests. */
  send() {
    if (this.waiting || this.wanted === this.month) return;
    this.waiting = true;
    this.askedAt = performance.now();
    this.ask({ do: "target", month: this.wanted, playing: this.playing });
  }

  play(on) {
    if (on && this.month >= this.months) {
      this.note("The run has reached its last month. Go back, or allow more months.");
      on = false;
    }
    this.playing = on;
    this.playButton.textContent = on ? "Pause" : "Play";
    this.playButton.setAttribute("aria-pressed", String(on));
    this.status.setAttribute("aria-live", on ? "off" : "polite");
    clearTimeout(this.timer);
    if (on) this.go(this.month + 1);
    else this.ask({ do: "settle" });
  }

  /** Goes on when the last frame is painted, and its time is over: a slow machine gets fewer frames, never a queue. */
  painted() {
    requestAnimationFrame(() => requestAnimationFrame(() => {
      this.frames += 1;
      this.seen.dataset.frames = String(this.frames);
      this.seen.dataset.month = String(this.month);
      this.seen.dataset.cost = String(performance.now() - (this.askedAt ?? performance.now()));
      if (this.waiting) return;
      if (this.wanted !== this.month) this.send();
      else if (this.playing && this.month < this.months) {
        const speed = Number(this.speed.value);
        const rest = speed ? Math.max(0, 1000 / speed - (performance.now() - this.askedAt)) : 0;
        this.timer = setTimeout(() => this.playing && this.go(this.month + 1), rest);
      } else if (this.playing) this.play(false);
    }));
  }

  // ---- what the server tells -------------------------------------------------------------------------------

  hear(message) {
    this.lastPong = performance.now();
    const heard = this[`hear_${message.kind}`];
    if (heard) heard.call(this, message);
  }

  hear_pong() {}

  hear_limits(message) {
    this.limits.textContent = message.text;
    this.monthsInput.max = message.months;
    this.firmsInput.max = message.firms;
  }

  hear_error(message) {
    this.error.textContent = message.text;
    this.waiting = false;
    if (message.text) {
      this.restoring = true;  // what was typed is not taken: the controls show again what holds
      this.wanted = this.month;
      if (this.playing) this.play(false);
    }
  }

  hear_note(message) { this.note(message.text); }

  hear_progress(message) {
    this.busy.textContent = `Computing month ${message.month} of ${message.target} from the seed …`;
  }

  hear_frame(message) {
    this.waiting = false;
    this.busy.textContent = "";
    this.error.dataset.month = message.month;
    if (this.month === this.wanted) this.wanted = message.month;
    this.month = message.month;
    this.months = message.months;
    this.slider.max = message.months;
    this.slider.value = message.month;
    this.slider.setAttribute("aria-valuetext", `month ${message.month}, ${dated(message.month)}`);
    this.clock.textContent = `Month ${message.month} of ${message.months} (${dated(message.month)})`;
    this.note("");
    this.showTable(message.table);
    this.showDifferent(message.different);
    this.showKeys(message.grades);
    this.showFirm(message.firm);
    this.say(message);
    this.seen.dataset.simulated = String(message.simulated);
    this.seen.dataset.drawn = String(message.drawn);
    this.keepLink();
    this.painted();
  }

  hear_firm(message) {
    this.showFirm(message.firm);
    this.keepLink();
    if (message.firm) this.status.textContent = `Firm ${message.firm.row} is shown below the indicators.`;
  }

  hear_rows(message) { this.showSections(message.sections); }

  hear_file(message) {
    const bytes = Uint8Array.from(atob(message.content), (letter) => letter.charCodeAt(0));
    const address = URL.createObjectURL(new Blob([bytes], { type: message.mime }));
    const link = make("a", { href: address, download: message.name });
    this.root.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
    this.note(`${message.name} was handed to the browser.`);
  }

  hear_setting(message) {
    this.titles.forEach((title, world) => {
      title.textContent = message.titles[world];
      this.assumed[world].textContent = message.assumptions[world] ? `Assumptions: ${message.assumptions[world]}.` : "";
      this.sources[world].textContent = message.sources[world] ? `Source: ${message.sources[world]}.` : "";
    });
    this.same.textContent = message.same ? "Both worlds are the same: change something in one of them." : "";
    fill(this.regime, message.presets.regime, message.chosen.regime);
    fill(this.otherRegime, [["", "the same as world A"], ...message.presets.regime], message.other_regime);
    fill(this.population, message.presets.population, message.chosen.population);
    fill(this.topics, [["", "those of the regime"], ...message.presets.topics], message.chosen.topics);
    this.set(this.seed, message.seed);
    this.set(this.monthsInput, message.months);
    this.set(this.firmsInput, message.firms);
    this.firmInput.max = message.firms - 1;
    this.query = message.query;
    this.command.textContent = message.command;
    this.fillRows(this.parts, message.parts);
    this.showTitles(message.titles_of_sections);
    this.showSections(message.sections);
    this.showKeys(message.grades);
    this.restoring = false;
    this.keepLink();
  }

  // ---- controls --------------------------------------------------------------------------------------------

  /** Sets a control's value, unless somebody is typing in it. */
  set(control, value) {
    if (this.restoring || this.root.activeElement !== control || control.type === "checkbox" || control.tagName === "SELECT") {
      if (control.type === "checkbox") control.checked = value === true;
      else control.value = value ?? "";
    }
  }

  /** Fills a grid with rows: made once, later only their values are set, so that the focus stays where it is. */
  fillRows(grid, rows) {
    const shape = JSON.stringify(rows.map((row) => [row.path, row.type, row.choices, row.a === null, row.b === null]));
    if (grid.dataset.shape !== shape) {
      const focused = this.root.activeElement?.id;
      grid.dataset.shape = shape;
      grid.replaceChildren(...["Part or parameter", "World A", "World B", "What it is"]
        .map((text) => make("div", { class: "head", text, "aria-hidden": "true" })));
      rows.forEach((row) => grid.append(...this.row(row)));
      if (focused) this.root.getElementById?.(focused)?.focus();
    }
    rows.forEach((row) => {
      for (const world of ["a", "b"]) {
        const control = grid.querySelector(`[data-path="${CSS.escape(row.path)}"][data-world="${world}"]`);
        if (control) this.set(control, row.type === "switch" ? row[world] !== "none" : row[world]);
      }
      const name = grid.querySelector(`[data-name="${CSS.escape(row.path)}"]`);
      name.classList.toggle("differs", row.a !== row.b);
      name.querySelector(".mark").textContent = row.a !== row.b ? " (differs)" : "";
      grid.querySelector(`[data-about="${CSS.escape(row.path)}"]`).textContent = about(row);
    });
  }

  row(row) {
    const unit = row.unit ? `, ${row.unit}` : "";
    return [
      make("div", { class: "line", "aria-hidden": "true" }),
      make("div", { class: "name", "data-name": row.path }, make("span", { text: row.label }),
        make("span", { class: "mark" }), make("span", { class: "faint", text: unit })),
      ...["a", "b"].map((world) => make("div", { class: "side" },
        make("span", { class: "only faint", text: `World ${world.toUpperCase()}` }), this.control(row, world))),
      make("div", { class: "about", "data-about": row.path, id: `about-${row.path}` }),
    ];
  }

  control(row, world) {
    const there = row[world] !== null || row.type === "text";
    const known = {
      id: `${row.path}-${world}`,
      "data-path": row.path,
      "data-world": world,
      "aria-label": `${row.label}${row.unit ? ` (${row.unit})` : ""}, world ${world.toUpperCase()}`,
      "aria-describedby": `about-${row.path}`,
      disabled: !there,
    };
    const change = (value) => this.ask({ do: "set", path: row.path, world, value });
    if (row.type === "switch") {
      return make("input", { type: "checkbox", ...known,
        on: { change: (event) => change(event.target.checked ? row.on : "none") } });
    }
    if (row.type === "flag") {
      return make("input", { type: "checkbox", ...known, on: { change: (event) => change(event.target.checked) } });
    }
    if (row.type === "choice") {
      const select = make("select", { ...known, on: { change: (event) => change(event.target.value) } });
      fill(select, row.choices, row[world]);
      return select;
    }
    if (row.type === "number") {
      return make("input", { type: "number", step: row.whole ? 1 : "any", min: row.low, max: row.high, ...known,
        on: { change: (event) => event.target.value === "" ? this.ask({ do: "set", path: row.path, world, value: null })
          : change(Number(event.target.value)) } });
    }
    return make("input", { type: "text", ...known, on: { change: (event) => change(event.target.value) } });
  }

  showTitles(sections) {
    const wanted = JSON.stringify(sections);
    if (this.sections.dataset.wanted === wanted) return;
    this.sections.dataset.wanted = wanted;
    const open = this.openSections();
    this.sections.replaceChildren(...sections.map(([path, title]) => make("details",
      { "data-section": path, open: open.includes(path), on: { toggle: () => this.askSections() } },
      make("summary", { text: title }), make("div", { class: "rows" }))));
  }

  openSections() {
    return [...this.sections.querySelectorAll("details[open]")].map((section) => section.dataset.section);
  }

  askSections() {
    const open = this.openSections();
    if (JSON.stringify(open) !== this.asked) {
      this.asked = JSON.stringify(open);
      this.ask({ do: "open", sections: open });
    }
  }

  showSections(sections) {
    for (const [path, rows] of Object.entries(sections)) {
      const grid = this.sections.querySelector(`[data-section="${CSS.escape(path)}"] .rows`);
      if (grid) this.fillRows(grid, rows);
    }
  }

  // ---- pictures in words -----------------------------------------------------------------------------------

  showTable(rows) {
    const head = ["", "unit", "World A", "World B", "A − B"];
    this.table.tHead.replaceChildren(make("tr", {}, ...head.map((text, column) =>
      make("th", { text, scope: "col", class: column > 1 ? "number" : false }))));
    this.table.tBodies[0].replaceChildren(...rows.map((row) => make("tr", {}, ...row.map((text, column) =>
      make(column ? "td" : "th", { text, scope: column ? false : "row", class: column > 1 ? "number" : false })))));
  }

  showDifferent(different) {
    const shown = different.firms;
    const more = different.number - shown.length;
    this.different.replaceChildren(
      make("p", { text: different.number
        ? `${different.number === 1 ? "1 firm stands" : `${different.number} firms stand`} otherwise in the two worlds (in business, grade or blacklist)${more > 0
          ? `; the first ${shown.length} of them` : ""}:` : "Every firm stands alike in both worlds." }),
      make("div", { class: "firms" }, ...shown.map((row) => this.firmButton(row, `Firm ${row}`))));
  }

  firmButton(row, text) {
    return button(text, () => this.ask({ do: "firm", row }));
  }

  showKeys(grades) {
    const wanted = JSON.stringify(grades);
    if (this.key.dataset.wanted === wanted) return;
    this.key.dataset.wanted = wanted;
    const seen = new Map(grades.flat().map(([name, colour]) => [name, colour]));
    const marks = [
      ...[...seen].map(([name, colour]) => [mark("circle", colour, "#222222", 0.6), `grade: ${name}`]),
      [mark("diamond", "#dddddd", "#222222"), "on a blacklist for an own act"],
      [mark("square", "#dddddd", "#222222"), "on one by association only"],
      [mark("circle", "#ffffff", "#6b6b6b"), "a successor: the first firm left (edge: its grade)"],
      [mark("cross", "none", "#222222"), "vacant"],
      [mark("ring", "none", "#000000", 1.2), "measures imposed this month"],
      [mark("ring", "none", "#CC79A7", 2.4), "held down, or hit, by association"],
      [mark("line", "none", "#CC79A7", 3), "association hit along it this month"],
      [mark("dashes", "none", "#D55E00", 2), "trade link lost this month"],
      [mark("line", "none", "#222222", 1), "trade with a firm on a blacklist"],
      [mark("ring", "none", "#009E73", 3), "the chosen firm, and its partners"],
    ];
    this.key.replaceChildren(...marks.map(([svg, text]) => make("li", {}, svg, text)));
  }

  showFirm(firm) {
    this.firm = firm ? firm.row : null;
    this.noFirm.hidden = !firm;
    if (!firm) {
      this.firmPanel.replaceChildren(make("p", { class: "faint",
        text: "Click a firm in a network, or give its number." }));
      return;
    }
    this.set(this.firmInput, firm.row);
    const scrolled = [...this.firmPanel.querySelectorAll(".story")].map((story) => story.scrollTop);
    const kept = this.firmPanel.contains(this.root.activeElement) ? this.root.activeElement.dataset?.keep : null;
    this.firmPanel.replaceChildren(make("div", { class: "pair" }, ...firm.worlds.map((told, world) =>
      this.firmIn(told, "ab"[world], firm.row))));
    this.firmPanel.querySelectorAll(".story").forEach((story, number) => { story.scrollTop = scrolled[number] ?? 0; });
    if (kept) this.firmPanel.querySelector(`[data-keep="${CSS.escape(kept)}"]`)?.focus();
  }

  firmIn(told, world, row) {
    const name = `World ${world.toUpperCase()}`;
    const records = told.records.length
      ? [make("h3", { text: "Records, the latest first" }), make("div", { class: "scroll", tabindex: 0, role: "region",
        "data-keep": `records-${world}`, "aria-label": `Records of firm ${row}, ${name}` },
        table(["date", "topic", "severity", "origin", "state"], told.records))] : [];
    return make("section", { "aria-label": `Firm ${row}, ${name}` },
      make("h3", {}, make("span", { class: `tag ${world}`, text: name })),
      make("div", { class: "story", tabindex: 0, role: "region", "data-keep": `story-${world}`,
        "aria-label": `Story of firm ${row}, ${name}` },
        make("ol", {}, ...told.story.map((line) => make("li", { text: line })))),
      make("h3", { text: "Its file" }), table(null, told.facts), ...records,
      ...(told.partners.length ? [make("h3", { text: "Its partners" })] : []),
      ...told.partners.map((group) => make("details", {}, make("summary", { text: `${group.relation}: ${group.number}` }),
        make("div", { class: "firms" }, ...group.firms.map((other) =>
          this.firmButton(other.row, `Firm ${other.row}: ${other.words}`))))));
  }

  /** Tells screen readers a month in a sentence: when paused each, while playing each year. */
  say(message) {
    const year = message.month % 12 === 0;
    if (this.playing && !year) return;
    const words = message.table.slice(0, 4).map(([label, unit, a, b]) => `${label}: ${a} in A, ${b} in B`);
    this.status.setAttribute("aria-live", "polite");
    this.status.textContent = `Month ${message.month}. ${words.join("; ")}.`;
  }

  note(text) { this.notes.textContent = text; }

  // ---- links ------------------------------------------------------------------------------------------------

  address() {
    if (!this.query) return location.href;  // nothing was told yet
    const parts = [this.query];
    if (this.month) parts.push(`month=${this.month}`);
    if (this.firm !== null) parts.push(`firm=${this.firm}`);
    return `${location.origin}${location.pathname}?${parts.filter(Boolean).join("&")}`;
  }

  keepLink() {
    this.link.value = this.address();
    clearTimeout(this.linkTimer);
    this.linkTimer = setTimeout(() => history.replaceState(null, "", this.address()), this.playing ? 1000 : 0);
  }

  async copy() {
    this.link.select();
    try {
      await navigator.clipboard.writeText(this.link.value);
      this.note("The link is on the clipboard.");
    } catch {
      this.note(document.execCommand("copy") ? "The link is on the clipboard." : "Copy the marked link by hand.");
    }
  }

  // ---- the server goes, and comes back ----------------------------------------------------------------------

  /** Sees whether the server still answers; a busy one may take its time, a lost connection is told at once. */
  beat() {
    if (!this.root.isConnected) clearInterval(this.pulse);
    else if (performance.now() - this.lastPong > 30000) this.lose();
    else try { this.ask({ do: "ping" }); } catch { this.lose(); }
  }

  lose() {
    if (this.gone) return;
    this.gone = true;
    clearInterval(this.pulse);
    if (this.playing) this.play(false);
    this.lost.textContent = "The connection to the server is lost. As soon as the server answers, this page loads again "
      + "with the same setting and month.";
    this.comeBack();
  }

  async comeBack() {
    try {
      await fetch("static/js/bokeh.min.js", { method: "HEAD", cache: "no-store" });
      location.replace(this.address());
    } catch {
      setTimeout(() => this.comeBack(), 1000);
    }
  }

  // ---- the page ---------------------------------------------------------------------------------------------

  build() {
    this.makeTime();
    this.makeWords();
    this.makeSettings();
    this.makeShare();
    const child = (name) => { const found = this.model.get_child(name); return Array.isArray(found) ? found : [found]; };
    const world = (name, number) => {
      this.titles[number] = make("span", {});
      this.sources[number] = make("span", {});
      this.assumed[number] = make("span", {});
      const upper = name.toUpperCase();
      return make("section", { "aria-label": `World ${upper}` },
        make("h2", {}, make("span", { class: `tag ${name}`, text: `World ${upper}` }), " ", this.titles[number]),
        make("div", { role: "img", "aria-label": `Supply network of world ${upper}; the table below says it in numbers` },
          ...child(name)),
        make("details", {}, make("summary", { text: "Source and assumptions" }),
          make("p", { class: "faint" }, this.sources[number], " ", this.assumed[number])));
    };
    this.titles = []; this.sources = []; this.assumed = [];
    this.root.append(make("div", { class: "page" },
      make("h1", { text: "Twin worlds" }),
      make("p", { text: "The same firms, the same chances, two regimes: whatever differs comes from the rules. "
        + "What you see follows from stated assumptions; it is no forecast, and it takes no side." }),
      make("div", { class: "top" }, this.lost, this.error, this.time), this.notes, this.same,
      make("div", { class: "worlds" }, world("a", 0), world("b", 1)),
      this.key,
      make("h2", { text: "Indicators" }),
      make("p", { class: "faint", text: "Above: world A (solid) and world B (dashed). Below them on grey, with the scale on "
        + "the right: A less B. Violations and exits are means over the twelve months before." }),
      make("div", { class: "charts", role: "img", "aria-label": "Charts of the indicators; the table below has the numbers" },
        ...child("charts")),
      make("div", { class: "scroll" }, this.table), this.different, this.firmSection, this.settings, this.share,
      this.status, this.seen));
  }

  makeTime() {
    this.lost = make("div", { class: "lost", role: "alert" });
    this.error = make("div", { class: "error", role: "alert", id: "error" });
    this.notes = make("div", { class: "note", role: "status" });
    this.same = make("p", { class: "faint" });
    this.busy = make("span", { class: "faint" });
    this.key = make("ul", { class: "key", "aria-label": "What the marks mean" });
    this.status = make("div", { class: "hidden", role: "status", "aria-live": "polite", id: "status" });
    this.seen = make("div", { class: "hidden", "aria-hidden": "true", id: "seen" });
    this.playButton = button("Play", () => this.play(!this.playing), { class: "main", "aria-pressed": "false" });
    this.speed = make("select", {});
    fill(this.speed, SPEEDS, "4");
    this.slider = make("input", { type: "range", min: 0, max: 1, value: 0, step: 1,
      on: { change: (event) => this.pausedGo(Number(event.target.value)) } });
    this.clock = make("output", { text: "Month 0" });
    this.time = make("div", { class: "time bar", role: "group", "aria-label": "Time" },
      this.playButton,
      button("Back", () => this.pausedGo(this.wanted - 1)),
      button("Step", () => this.pausedGo(this.wanted + 1)),
      button("Reset", () => this.pausedGo(0)),
      labelled("Speed", this.speed),
      labelled("Go to month", this.slider, { class: "grow" }),
      make("div", {}, this.clock, make("br"), this.busy));
  }

  pausedGo(month) {
    if (this.playing) this.play(false);
    this.go(month);
  }

  makeWords() {
    this.table = make("table", { id: "state" }, make("caption", { text: "The state in numbers" }), make("thead"), make("tbody"));
    this.different = make("div", { id: "different" });
    this.firmInput = make("input", { type: "number", min: 0, step: 1, id: "firm" });
    this.firmPanel = make("div", { id: "firm-file" });
    this.noFirm = button("Show none", () => this.ask({ do: "no_firm" }), { hidden: true });
    const show = () => this.firmInput.value !== "" && this.ask({ do: "firm", row: Number(this.firmInput.value) });
    this.firmInput.addEventListener("keydown", (event) => event.key === "Enter" && show());
    this.firmSection = make("section", { "aria-label": "A firm" }, make("h2", { text: "A firm in both worlds" }),
      make("div", { class: "bar" }, labelled("Number of the firm", this.firmInput), button("Show this firm", show),
        this.noFirm), this.firmPanel);
  }

  makeSettings() {
    const preset = (group, world) => (event) => event.target.value === ""
      ? this.ask({ do: "no_preset", group, world })
      : this.ask({ do: "preset", group, option: event.target.value, world });
    const select = (group, world) => make("select", { id: `preset-${group}-${world}`, on: { change: preset(group, world) } });
    this.regime = select("regime", "a");
    this.otherRegime = select("regime", "b");
    this.population = select("population", "a");
    this.topics = select("topics", "a");
    const number = (path, heard) => make("input", { type: "number", min: 0, step: 1, id: path,
      on: { change: (event) => event.target.value !== "" && heard(Number(event.target.value)) } });
    const set = (path) => (value) => this.ask({ do: "set", path, world: "a", value });
    this.seed = number("seed", set("seed"));
    this.monthsInput = number("months", set("months"));
    this.firmsInput = number("firms", set("population.firms"));
    this.parts = make("div", { class: "rows", id: "parts" });
    this.sections = make("div", { id: "sections" });
    this.limits = make("p", { class: "faint", id: "limits" });
    const chance = () => this.ask({ do: "set", path: "seed", world: "a", value: 1 + Math.floor(Math.random() * 99999) });
    this.settings = make("section", { "aria-label": "Setting" }, make("h2", { text: "Setting" }),
      make("p", { text: "World B follows world A wherever it has no value of its own. A change keeps the month: both "
        + "worlds are computed anew from the seed." }), this.limits,
      make("div", { class: "bar" }, labelled("Regime of world A", this.regime),
        labelled("Regime of world B", this.otherRegime), labelled("Population", this.population),
        labelled("Topics", this.topics), labelled("Firms", this.firmsInput), labelled("Months", this.monthsInput),
        labelled("Seed", this.seed), button("Another seed", chance),
        button("Make world B like A", () => this.ask({ do: "same" })),
        button("Back to the first setting", () => this.ask({ do: "first" }))),
      make("h2", { text: "Parts of the regime, and how firms decide" }), this.parts,
      make("h2", { text: "Every parameter" }), this.sections);
  }

  makeShare() {
    this.link = make("input", { type: "text", readonly: true, class: "wide", id: "link" });
    this.command = make("pre", { class: "command", tabindex: 0, "aria-label": "Command that compares these worlds" });
    const get = (text, what) => button(text, () => this.ask({ do: "download", what }), { "data-download": what });
    const file = make("input", { type: "file", accept: ".yaml,.yml", id: "upload",
      on: { change: (event) => this.upload(event.target) } });
    this.share = make("section", { "aria-label": "Share and keep" }, make("h2", { text: "Share and keep" }),
      make("div", { class: "bar" }, labelled("Link to this setting, month and firm", this.link, { class: "wide" }),
        button("Copy the link", () => this.copy())),
      make("h3", { text: "Download" }),
      make("div", { class: "bar" }, get("Indicators (CSV)", "indicators"), get("All tables (ZIP)", "everything"),
        get("Figure of the indicators (PNG)", "figure_indicators.png"),
        get("Figure of the indicators (SVG)", "figure_indicators.svg"),
        get("Figure of the networks (PNG)", "figure_network.png"),
        get("Figure of the networks (SVG)", "figure_network.svg"),
        get("Scenario of world A (YAML)", "scenario_a"), get("Scenario of world B (YAML)", "scenario_b")),
      make("p", { class: "faint", text: "A scenario file runs on the command line: creditregime run --scenario "
        + "scenario-a.yaml gives the same numbers. The same two worlds over seeds of your choice:" }), this.command,
      make("h3", { text: "Open a scenario file" }),
      make("p", { class: "faint", text: "It becomes world A, and what is different in world B stays if it can. "
        + "A scenario is data: it cannot run code." }), labelled("Scenario (YAML)", file));
  }

  async upload(input) {
    const file = input.files[0];
    if (!file) return;
    if (file.size > 400000) this.hear_error({ text: `${file.name}: larger than this server reads` });
    else this.ask({ do: "upload", name: file.name, text: await file.text() });
    input.value = "";
  }
}

function about(row) {
  const parts = [row.description, row.allowed ? `Allowed: ${row.allowed}.` : "",
    row.source ? `Source: ${row.source}.` : "", row.standing ? `Standing: ${row.standing}.` : ""];
  return parts.filter(Boolean).map((text) => /[.:]$/.test(text) ? text : `${text}.`).join(" ");
}

function table(head, rows) {
  const body = make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((text, column) =>
    make(column || head ? "td" : "th", { text, scope: column || head ? false : "row" })))));
  return make("table", {}, head ? make("thead", {}, make("tr", {}, ...head.map((text) =>
    make("th", { text, scope: "col" })))) : null, body);
}

export function render({ model, el }) {
  const root = make("div", {});
  el.append(root);
  const shadow = el.getRootNode();
  // Focus and ids live in the component's own tree.
  Object.defineProperty(root, "activeElement", { get: () => shadow.activeElement });
  root.getElementById = (id) => root.querySelector(`#${CSS.escape(id)}`);
  const page = new Page(model, root);
  root.ask = (message) => page.ask(message);  // for tests: a server takes nothing for granted
}
