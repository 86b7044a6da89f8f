// The page: what is on the screen, and what buttons change of it.

class Page {
  constructor(catalogue, lines) {
    Object.assign(this, { catalogue, lines, playing: null });
    this.library = new Library(catalogue);
    const choose = (firm) => this.change({ firm });
    this.settings = new Settings(catalogue, (side, factor) => this.choosePoint(side, factor));
    this.networks = SIDES.map((side) => new Network(byId(`panel-${side}`), catalogue, choose));
    this.charts = new Charts(catalogue, (month) => this.goTo(month));
    this.panels = new FirmPanels(catalogue, choose);
    this.worksheet = new Worksheet(catalogue.questions, (view) => this.showQuestion(view));
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
    const facts = catalogue.provenance.map(([key, value]) =>
      element("tr", {}, element("th", { scope: "row" }, key), element("td", {}, value)),
    );
    byId("provenance").tBodies[0].append(...facts);
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

  /** Change part of what is on the screen, and load what it needs; of several changes the last one is shown. */
  async change(part) {
    say("");
    this.view = { ...this.view, ...part };
    const wanted = this.view;
    const { points, seed } = wanted;
    const runs = await Promise.all(points.map((point) => this.library.run(point, seed)));
    if (points !== this.view.points || seed !== this.view.seed) return;
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
    const label = `Network of the ${SIDES[world]} world, ${dated(month)}: ${words} ${chosen}`;
    network.canvas.setAttribute("aria-label", label);
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

  async choosePoint(side, factor) {
    const { point, whole } = this.settings.point(side, factor);
    await this.change({ points: this.view.points.map((old, world) => (SIDES[world] === side ? point : old)) });
    if (!whole) say("This combination of settings was not run: others of them had to change as well.");
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
    return this.change({ points: [left, right], seed, month, firm });
  }

  async showQuestion(view) {
    await this.showView(view);
    byId("differs").scrollIntoView();
  }

  /** Put the view into the page's address, so that it can be copied. */
  shareLink() {
    const { points, month, firm } = this.view;
    const [left, right] = points.map((point) => this.catalogue.points[point]);
    const asked = new URLSearchParams({ left, right, seed: this.seedShown(), month });
    if (firm !== null) asked.set("firm", firm);
    window.history.replaceState(null, "", `#${asked}`);
    say("The address of this page now leads to this view: copy it from the address bar.");
  }

  /** Show what the address asks for; where it cannot be, say so and show the opening. */
  async followLink() {
    if (window.location.hash.length < 2) return this.showView(this.catalogue.opening);
    const asked = this.asked(new URLSearchParams(window.location.hash.slice(1)));
    const bad = Object.keys(asked).filter((name) => asked[name] < 0);
    if (!bad.length) return this.showView({ firm: null, ...asked });
    await this.showView(this.catalogue.opening);
    return say(`The link does not fit this page (${bad.join(", ")}); the opening is shown instead.`);
  }

  /** Return what the words of an address ask for, -1 for what is not there. */
  asked(words) {
    const { points, seeds, months, firms } = this.catalogue;
    const whole = (name) => (/^\d{1,9}$/.test(words.get(name) ?? "") ? Number(words.get(name)) : -1);
    const upTo = (name, most) => (whole(name) <= most ? whole(name) : -1);
    const view = { left: points.indexOf(whole("left")), right: points.indexOf(whole("right")) };
    Object.assign(view, { seed: seeds.indexOf(whole("seed")), month: upTo("month", months) });
    return words.has("firm") ? { ...view, firm: upTo("firm", firms - 1) } : view;
  }
}

/** Say what went wrong, or nothing. */
function say(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

function paragraphs(text) {
  const parts = text.split(/\n\s*\n/).filter((part) => part.trim());
  return parts.map((part) => element("p", {}, part.trim()));
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
