// One run: who is in which state in a month, who is linked with whom, who was hit through whom.

const FLAG = { active: 1, lowered: 2, listed: 4, associated: 8, exited: 16, entered: 32, sanctioned: 64, jointly: 128 };
const NOBODY = 65535;
const RECENT = 3; // months for which what happened stays marked

class Run {
  constructor(arrays, economy, scales, months) {
    Object.assign(this, arrays);
    this.economy = economy;
    this.scales = scales;
    this.months = months;
    this.firms = economy.x.length;
  }

  at(firm, month) {
    return firm * (this.months + 1) + month;
  }

  is(firm, month, flag) {
    return (this.flags[this.at(firm, month)] & flag) !== 0;
  }

  /** Tell whether something happened to a firm in the last months. */
  recently(firm, month, flag) {
    for (let when = Math.max(month - RECENT + 1, 0); when <= month; when += 1) {
      if (this.is(firm, when, flag)) return true;
    }
    return false;
  }

  /** Tell whether another firm was at the place at the start. */
  succeeded(firm, month) {
    for (let when = 1; when <= month; when += 1) if (this.is(firm, when, FLAG.exited)) return true;
    return false;
  }

  /** Return the names of the grades, lowest first, that hold in a month. */
  grades(month) {
    return this.scales.findLast(([since]) => since <= Math.max(month, 1))[1];
  }

  gradeName(firm, month) {
    return readable(this.grades(month)[this.grade[this.at(firm, month)]]);
  }

  /** Return the links at the end of a month, and those lost and found in the last months, as [buyer, supplier]. */
  links(month) {
    if (this.linked?.month === month) return this.linked;
    const { buyer } = this.economy;
    const supplier = this.economy.supplier.slice();
    const active = this.economy.active.slice();
    const lost = [];
    for (let n = 0; n < this.change_month.length && this.change_month[n] <= month; n += 1) {
      const link = this.change_link[n];
      const other = this.change_supplier[n] !== supplier[link];
      const gone = active[link] && (other || !this.change_active[n]);
      if (gone && this.change_month[n] > month - RECENT) lost.push([buyer[link], supplier[link]]);
      supplier[link] = this.change_supplier[n];
      active[link] = this.change_active[n];
    }
    this.linked = { month, buyer, supplier, active, lost };
    return this.linked;
  }

  /** Return the suppliers and buyers of a firm at the end of a month, each once, in order. */
  partners(firm, month) {
    const { buyer, supplier, active } = this.links(month);
    const found = { suppliers: new Set(), buyers: new Set() };
    for (let link = 0; link < buyer.length; link += 1) {
      if (active[link] && buyer[link] === firm) found.suppliers.add(supplier[link]);
      if (active[link] && supplier[link] === firm) found.buyers.add(buyer[link]);
    }
    const inOrder = (rows) => [...rows].sort((one, other) => one - other);
    return { suppliers: inOrder(found.suppliers), buyers: inOrder(found.buyers) };
  }

  /** Return who was hit by association in the last months: {firm, through, month, how, channel}. */
  strikes(month) {
    const found = [];
    for (let n = 0; n < this.struck_month.length; n += 1) {
      const when = this.struck_month[n];
      if (when <= month && when > month - RECENT) {
        const [firm, through] = [this.struck_firm[n], this.struck_through[n]];
        found.push({ firm, through, month: when, how: this.struck_how[n], channel: this.struck_channel[n] });
      }
    }
    return found;
  }

  /** Count the firms in each state at the end of a month. */
  counts(month) {
    const found = { active: 0, listed: 0, associated: 0, lowered: 0, sanctioned: 0, exits: 0 };
    for (let firm = 0; firm < this.firms; firm += 1) {
      const flags = this.flags[this.at(firm, month)];
      for (const name of ["active", "listed", "associated", "lowered", "sanctioned"]) {
        if (flags & FLAG[name] && flags & FLAG.active) found[name] += 1;
      }
      for (let when = 1; when <= month; when += 1) if (this.is(firm, when, FLAG.exited)) found.exits += 1;
    }
    return found;
  }

  inWords(month) {
    const { active, listed, associated, lowered, sanctioned, exits } = this.counts(month);
    const hit = new Set(this.strikes(month).map(({ firm }) => firm)).size;
    return (
      `${active} firms in business; on a blacklist ${listed + associated} (${associated} by association only), ` +
      `held down by association ${lowered}, measures imposed this month on ${sanctioned}, hit by association in the ` +
      `last ${RECENT} months ${hit}, exits so far ${exits}.`
    );
  }

  /** Return the numbers of a firm's story lines. */
  story_of(firm) {
    return this.story.subarray(this.story_start[firm], this.story_start[firm + 1]);
  }

  indicator(number) {
    return this.indicators.subarray(number * this.months, (number + 1) * this.months);
  }
}

/** Loads runs when they are first shown, and keeps the last few. */
class Library {
  constructor(catalogue) {
    this.catalogue = catalogue;
    this.kept = new Map();
  }

  run(point, seed) {
    return this.keep(`run-${point}-${seed}`, async (name) => {
      const [arrays, economy] = await Promise.all([arraysOf(name), this.economy(seed)]);
      return new Run(arrays, economy, this.catalogue.scales[point], this.catalogue.months);
    });
  }

  economy(seed) {
    return this.keep(`economy-${seed}`, async (name) => ({
      ...(await arraysOf(name)),
      ...this.catalogue.economies[seed],
    }));
  }

  lines() {
    return this.keep("lines", dataOf);
  }

  keep(name, load) {
    const found = this.kept.get(name) ?? load(name);
    this.kept.delete(name);
    this.kept.set(name, found);
    if (this.kept.size > 12) this.kept.delete(this.kept.keys().next().value);
    return found;
  }
}
