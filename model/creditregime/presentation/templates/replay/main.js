// The page: what is on the screen, and what buttons change of it.

class Page {
  constructor(catalogue, lines) {
    Object.assign(this, { catalogue, lines, playing: null });
    this.library = new Library(catalogue);
    const choose = (firm) => this.change({ firm });
    this.settings = new Settings(catalogue, (side) => this.choosePoint(side));
    this.networks = SIDES.map((side) => new Network(byId(`panel-${side}`), catalogue, choose));
    this.charts = new Charts(catalogue, (month) => this.goTo(month));
    this.panels = new FirmPanels(catalogue, choose);
    this.worksheet = new Worksheet(catalogue.questions, (view) => this.showView(view));
    this.fill();
    this.wire();
  }

  /** Fill what never changes. */
  fill() {
    const { catalogue } = this;
    byId("seed").append(...catalogue.seeds.map((seed, place) => element("option", { value: place }, String(seed))));
    byId("month").max = catalogue.months;
    byId("introduction").append(...paragraphs(catalogue.introduction));
    const rows = catalogue.claims.map(({ description, path, value, standing, source }) => [
      element("th", { scope: "row" }, description, " ", element("code", {}, path)),
      ...[value, standing, source || "see the scenario"].map((text) => element("td", {}, text)),
    ]);
    byId("claims").tBodies[0].append(...rows.map((cells) => element("tr", {}, ...cells)));
    const facts = catalogue.provenance.map(([key, value]) => [element("th", { scope: "row" }, key), element("td", {}, value)]);
    byId("provenance").tBodies[0].append(...facts.map((cells) => element("tr", {}, ...cells)));
  }

  wire() {
    const on = (id, act) => byId(id).addEventListener("click", act);
    on("swap", () => this.change({ points: [...this.view.points].reverse() }));
    on("same", () => this.change({ points: [this.view.points[0], this.view.points[0]] }));
    on("opening", () => this.showView(this.catalogue.opening));
    on("link", () => this.shareLink());
    on("first", () => this.goTo(0));
    on("back", () => this.goTo(this.view.month - 1));
    on("play", () => this.toggle());
    on("step", () => this.goTo(this.view.month + 1));
    on("last", () => this.goTo(this.catalogue.months));
    on("csv", () => download("indicators.csv", "text/csv", this.charts.csv()));
    on("differing", () => this.chooseDiffering());
    on("nobody", () => this.change({ firm: null }));
    on("answers", () => download("answers.txt", "text/plain", this.worksheet.text(this.catalogue.title)));
    on("print", () => window.print());
    SIDES.forEach((side, world) => {
      on(`scenario-${side}`, () => downloadScenario(side, this.view.points[world], this.seedShown()));
    });
    byId("seed").addEventListener("change", () => this.change({ seed: Number(byId("seed").value) }));
    byId("month").addEventListener("input", () => this.goTo(Number(byId("month").value)));
    byId("speed").addEventListener("change", () => this.playing && this.start());
    byId("firm").addEventListener("change", () => this.chooseNumber(byId("firm").value));
    window.addEventListener("resize", () => this.draw());
    window.addEventListener("hashchange", () => this.followLink());
    document.addEventListener("keydown", (event) => this.key(event));
  }

  seedShown() {
    return this.catalogue.seeds[this.view.seed];
  }

  /** Change part of what is on the screen, and load what it needs; of several changes in a row the last one is shown. */
  async change(part) {
    say("");
    this.view = { ...this.view, ...part };
    const wanted = this.view;
    const runs = await Promise.all(wanted.points.map((point) => this.library.run(point, wanted.seed)));
    if (wanted.points !== this.view.points || wanted.seed !== this.view.seed) return;
    if (runs[0] !== this.runs?.[0] || runs[1] !== this.runs?.[1]) this.load(runs);
    this.draw();
  }

  load(runs) {
    this.runs = runs;
    const scales = runs.flatMap((run) => run.scales.map(([, grades]) => grades));
    const distinct = [...new Map(scales.map((grades) => [grades.join(), grades])).values()];
    drawLegend(byId("legend"), this.catalogue, distinct);
    this.charts.load(...runs);
    byId("firm").max = runs[0].firms - 1;
  }

  draw() {
    if (!this.runs) return;
    const { points, month, firm } = this.view;
    this.settings.show(points);
    byId("seed").value = this.view.seed;
    byId("month").value = month;
    byId("dated").textContent = `${month} of ${this.catalogue.months}: ${dated(month)}`;
    byId("month").setAttribute("aria-valuetext", dated(month));
    byId("differs").textContent = this.settings.difference(points);
    this.networks.forEach((network, world) => this.drawWorld(network, world));
    this.charts.show(month);
    this.panels.show(firm, this.runs, month, this.lines);
    byId("back").disabled = byId("first").disabled = month === 0;
    byId("step").disabled = byId("last").disabled = month === this.catalogue.months;
    if (!this.playing) this.announce();
  }

  drawWorld(network, world) {
    const { points, month, firm } = this.view;
    const figure = byId(`panel-${SIDES[world]}`);
    figure.querySelector(".setting").textContent = this.settings.inWords(points[world]);
    const words = this.runs[world].inWords(month);
    figure.querySelector(".state").textContent = words;
    const chosen = firm === null ? "No firm is chosen." : `Firm ${firm} is chosen.`;
    network.canvas.setAttribute("aria-label", `Network of the ${SIDES[world]} world, ${dated(month)}: ${words} ${chosen}`);
    network.show(this.runs[world], month, firm);
  }

  /** Tell those who do not see the networks what they show; while it plays, nothing, as nobody could follow. */
  announce() {
    const { month, firm } = this.view;
    const worlds = this.runs.map((run, world) => `${SIDES[world]} world: ${run.inWords(month)}`).join(" ");
    const chosen = firm === null ? "" : ` Firm ${firm}: left ${this.brief(0)}, right ${this.brief(1)}.`;
    byId("said").textContent = `${dated(month)}. ${worlds}${chosen}`;
  }

  brief(world) {
    const { month, firm } = this.view;
    const run = this.runs[world];
    if (!run.is(firm, month, FLAG.active)) return "the place is empty";
    return `grade ${run.gradeName(firm, month)}, ${this.panels.standing(run, firm, month)} of the blacklists`;
  }

  choosePoint(side) {
    const point = this.settings.point(side);
    const points = this.view.points.map((old, world) => (SIDES[world] === side ? point : old));
    if (point >= 0) return this.change({ points });
    this.settings.show(this.view.points);
    return say("This combination of settings was not run; the world stays as it was.");
  }

  chooseNumber(text) {
    const firm = Number(text);
    if (text === "") return this.change({ firm: null });
    if (Number.isInteger(firm) && firm >= 0 && firm < this.runs[0].firms) return this.change({ firm });
    return say(`Firm ${text} is not there: firms have the numbers 0 to ${this.runs[0].firms - 1}.`);
  }

  chooseDiffering() {
    const firm = nextDiffering(this.view.firm, this.runs);
    return firm === null ? say("Every firm has the same story in both worlds.") : this.change({ firm });
  }

  goTo(month) {
    const within = Math.max(0, Math.min(month, this.catalogue.months));
    if (within === this.catalogue.months && this.playing) this.stop();
    return this.change({ month: within });
  }

  toggle() {
    if (this.playing) this.stop();
    else if (this.view.month === this.catalogue.months) this.goTo(0).then(() => this.start());
    else this.start();
  }

  start() {
    clearInterval(this.playing);
    this.playing = setInterval(() => this.goTo(this.view.month + 1), 1000 / Number(byId("speed").value));
    this.labelPlay("❚❚", "Pause");
  }

  stop() {
    clearInterval(this.playing);
    this.playing = null;
    this.labelPlay("▶", "Play");
    this.announce();
  }

  labelPlay(sign, word) {
    byId("play").replaceChildren(element("span", { "aria-hidden": "true" }, sign), ` ${word}`);
  }

  key(event) {
    if (event.key !== " " || !(event.target === document.body || event.target.matches("figure canvas"))) return;
    event.preventDefault();
    this.toggle();
  }

  showView({ left, right, seed, month, firm }) {
    if (this.playing) this.stop();
    byId("worlds-title").scrollIntoView();
    return this.change({ points: [left, right], seed, month, firm: this.firmOrNone(firm) });
  }

  firmOrNone(firm) {
    return Number.isInteger(firm) && firm < this.catalogue.firms ? firm : null;
  }

  /** Put the view into the page's address, so that it can be copied. */
  shareLink() {
    const { points, month, firm } = this.view;
    const [left, right] = points.map((point) => this.catalogue.points[point]);
    const asked = new URLSearchParams({ left, right, seed: this.seedShown(), month, ...(firm === null ? {} : { firm }) });
    window.location.hash = asked.toString();
    say("The address of this page now leads to this view: copy it from the address bar.");
  }

  /** Show what the address asks for; where it cannot be, say so and show the opening. */
  followLink() {
    const { opening, points, seeds, months } = this.catalogue;
    if (window.location.hash.length < 2) return this.showView(opening);
    const asked = new URLSearchParams(window.location.hash.slice(1));
    const whole = (name) => (/^\d{1,9}$/.test(asked.get(name) ?? "") ? Number(asked.get(name)) : -1);
    const view = { left: points.indexOf(whole("left")), right: points.indexOf(whole("right")) };
    Object.assign(view, { seed: seeds.indexOf(whole("seed")), month: whole("month"), firm: whole("firm") });
    const bad = ["left", "right", "seed", "month"].filter((name) => view[name] < 0 || (name === "month" && view.month > months));
    if (!bad.length) return this.change({ points: [view.left, view.right], seed: view.seed, month: view.month, firm: view.firm < 0 ? null : this.firmOrNone(view.firm) });
    return this.showView(opening).then(() => say(`The link does not fit this page (${bad.join(", ")}); the opening is shown instead.`));
  }
}

/** Say what went wrong, or nothing. */
function say(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

function paragraphs(text) {
  return text.split(/\n\s*\n/).filter((part) => part.trim()).map((part) => element("p", {}, part.trim()));
}

async function begin() {
  if (typeof DecompressionStream === "undefined" || !Array.prototype.findLast) {
    say("This browser is too old for the page: one of 2023 or later is needed (Chrome, Edge, Firefox, Safari).");
    return;
  }
  const [catalogue, lines] = await Promise.all([dataOf("catalogue"), dataOf("lines")]);
  const page = new Page(catalogue, lines);
  await page.followLink();
  document.body.dataset.ready = "true";
}

begin().catch((error) => say(`The page is damaged: ${error.message}`));
