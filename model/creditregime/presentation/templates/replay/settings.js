// The selectors of both worlds, made from the factors of the study, and what there is to know of each factor.

const SIDES = ["left", "right"];

class Settings {
  constructor(catalogue, changed) {
    this.catalogue = catalogue;
    this.selects = SIDES.map((side) => this.selectors(side, changed));
    byId("known").replaceChildren(...catalogue.settings.map(knownOf));
  }

  selectors(side, changed) {
    return this.catalogue.settings.map(({ label, levels, keys }, factor) => {
      const options = levels.map((text, level) => element("option", { value: level }, text));
      const about = keys.map(({ description }) => description).find(Boolean);
      const select = element("select", { "data-factor": factor, change: () => changed(side, factor) }, ...options);
      byId(`settings-${side}`).append(element("label", { title: about ?? null }, `${label} `, select));
      return select;
    });
  }

  /** Return the point with the level of a factor that was just chosen, and as many of the others as were run with it. */
  point(side, chosen) {
    const levels = this.selects[SIDES.indexOf(side)].map((select) => Number(select.value));
    const shared = (row) => row.filter((level, factor) => level === levels[factor]).length;
    const misses = this.catalogue.positions.map((row) => (row[chosen] === levels[chosen] ? -shared(row) : Infinity));
    const [point, least] = nearest(misses, (miss) => miss);
    return { point, whole: -least === levels.length };
  }

  /** Set the selectors to two points. */
  show(points) {
    const rows = points.map((point) => this.catalogue.positions[point]);
    this.catalogue.settings.forEach((_, factor) => {
      SIDES.forEach((_side, world) => {
        const select = this.selects[world][factor];
        select.value = rows[world][factor];
        select.parentElement.classList.toggle("other", rows[0][factor] !== rows[1][factor]);
      });
    });
  }

  /** Return a point in words. */
  inWords(point) {
    const levels = this.catalogue.positions[point];
    const { settings } = this.catalogue;
    return settings.map(({ label, levels: texts }, factor) => `${label}: ${texts[levels[factor]]}`).join("; ");
  }

  /** Return in which settings two points differ, in words. */
  difference([left, right]) {
    const [one, other] = [this.catalogue.positions[left], this.catalogue.positions[right]];
    const found = this.catalogue.settings.flatMap(({ label, levels }, factor) =>
      one[factor] === other[factor] ? [] : [`${label}: left ${levels[one[factor]]}, right ${levels[other[factor]]}`],
    );
    return found.length ? `What differs: ${found.join("; ")}.` : "Nothing differs: both worlds are the same.";
  }
}

/** Return what is known of a factor: the keys that it sets, their rules, and the systems behind them. */
function knownOf({ label, keys, systems }) {
  const items = keys.map((key) => element("li", {}, ...keyOf(key)));
  const claims = systems.map(({ words, standing, number: entry }) =>
    element("li", {}, `public accounts, system ${entry}: ${words} – ${standing}`),
  );
  return element("div", { class: "known" }, element("h3", {}, label), element("ul", {}, ...items, ...claims));
}

function keyOf({ path, values, description, unit, standing, source, rules }) {
  const said = [element("code", {}, path), ` ${[description, unit && `unit: ${unit}`].filter(Boolean).join("; ")}`];
  if (values.length) said.push(` (${values.join("; ")})`);
  said.push(...rules.map((rule) => element("div", {}, rule)));
  const sure = [standing && `standing: ${standing}`, source && `source: ${source}`].filter(Boolean).join("; ");
  if (sure) said.push(element("div", {}, sure));
  return said;
}
