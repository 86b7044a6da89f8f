// One firm in both worlds: its file in the month, its partners, its story.

class FirmPanels {
  constructor(catalogue, choose) {
    Object.assign(this, { catalogue, choose });
    this.articles = [byId("story-left"), byId("story-right")];
  }

  /** Tell of a firm, or of nobody, in two runs. */
  show(firm, runs, month, lines) {
    byId("nobody-chosen").hidden = firm !== null;
    byId("stories").hidden = firm === null;
    if (document.activeElement !== byId("firm")) byId("firm").value = firm ?? "";
    if (firm === null) return;
    const stories = runs.map((run) => [...run.story_of(firm)]);
    runs.forEach((run, world) => {
      const head = element("h3", {}, `Firm ${firm}, ${world ? "right" : "left"} world, ${dated(month)}`);
      const story = this.story(stories[world], new Set(stories[1 - world]), lines, month);
      const parts = [this.file(run, firm, month), ...this.partners(run, firm, month), story];
      this.articles[world].replaceChildren(head, ...parts);
    });
  }

  /** Return the file of a firm: who it is, and how it stands in the month. */
  file(run, firm, month) {
    const { economy } = run;
    const active = run.is(firm, month, FLAG.active);
    const present = run.succeeded(firm, month) ? "yes, a successor of the first firm" : "yes";
    const revenue = `revenue ${number(economy.size[firm])} (the average firm’s is 1)`;
    const rows = [
      ["Who", `${this.catalogue.ownerships[economy.ownership[firm]]} firm in ${economy.sectors[economy.sector[firm]]}`],
      ["At the start", `${economy.regions[economy.region[firm]]}; ${revenue}`],
      ["In business", active ? present : "no: the place is empty"],
      ...(active ? this.present(run, firm, month) : []),
    ];
    return element("dl", {}, ...rows.flatMap(([name, said]) => [element("dt", {}, name), element("dd", {}, said)]));
  }

  present(run, firm, month) {
    const place = run.at(firm, month);
    const held = run.is(firm, month, FLAG.lowered) ? ", held down by association" : "";
    const graded = `${run.gradeName(firm, month)}${held} (score ${(run.score[place] / 10).toFixed(1)})`;
    return [
      ["Grade", run.grades(month).length > 1 ? graded : "nobody is rated"],
      ["Blacklist", this.standing(run, firm, month)],
      ["Live records", String(run.records[place])],
      ["Output", `${run.output[place]}% of the start`],
      ["Hit by association", this.hits(run, firm, month)],
    ];
  }

  /** Tell how a firm was hit by association in the last months, and through whom. */
  hits(run, firm, month) {
    const { hits, channels } = this.catalogue;
    const found = run.strikes(month).filter((strike) => strike.firm === firm);
    const told = found.map(({ through, month: when, how, channel }) => {
      const known = `through firm ${through} (${channels[channel]})`;
      const who = through === NOBODY ? "it is not known through whom" : known;
      return `${dated(when)}: ${hits[how]}, ${who}`;
    });
    return told.join("; ") || `not in the last ${RECENT} months`;
  }

  standing(run, firm, month) {
    if (run.is(firm, month, FLAG.listed)) return "on one";
    if (!run.is(firm, month, FLAG.associated)) return "on none";
    return "on one by association only";
  }

  partners(run, firm, month) {
    const { suppliers, buyers } = run.partners(firm, month);
    return [["Suppliers", suppliers], ["Buyers", buyers]].map(([name, rows]) => {
      const items = rows.map((row) => element("li", {}, this.partner(run, row, month)));
      return element("div", {}, `${name} (${rows.length})`, element("ul", { class: "partners" }, ...items));
    });
  }

  partner(run, row, month) {
    const listed = run.is(row, month, FLAG.listed | FLAG.associated) ? " ◆ blacklisted" : "";
    return element("button", { type: "button", click: () => this.choose(row) }, `${row}${listed}`);
  }

  /** Return the lines of a story; those that the other world lacks say so, and those to come stand below the month. */
  story(numbers, others, lines, month) {
    const items = numbers.map((number) => {
      const text = lines[number];
      const later = monthOf(text) > month;
      const only = others.has(number) ? [] : [" ", element("span", { class: "only" }, "only in this world")];
      return { later, item: element("li", { class: later ? "later" : null }, text, ...only) };
    });
    const now = items.findIndex(({ later }) => later);
    const all = items.map(({ item }) => item);
    const divider = element("li", { class: "now" }, `The month shown is ${dated(month)}. What follows comes later:`);
    if (now >= 0) all.splice(now, 0, divider);
    return element("ul", { class: "story" }, ...all);
  }
}

/** Return the month that a line of a story tells of; a year is told of at its end, the present after everything. */
function monthOf(line) {
  const [, year, month] = /^Year (\d+)(?:, month (\d+))?:/.exec(line) ?? [];
  if (year) return YEAR * (year - 1) + Number(month ?? YEAR);
  return line.startsWith("Now: ") ? Infinity : 0;
}

/** Return the next firm whose story is another in the two runs, or null. */
function nextDiffering(firm, [left, right]) {
  for (let step = 1; step <= left.firms; step += 1) {
    const next = ((firm ?? -1) + step) % left.firms;
    const [one, other] = [left.story_of(next), right.story_of(next)];
    if (one.length !== other.length || one.some((line, place) => line !== other[place])) return next;
  }
  return null;
}
