// Words, numbers and elements. Texts of a study reach the page through textContent alone: nothing of them is markup.

const YEAR = 12;

/** Return an element with attributes and children; a string becomes text. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Return an element of a drawing. */
function mark(tag, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}

function byId(id) {
  return document.getElementById(id);
}

/** Return a month, 0 for the start, in words. */
function dated(month) {
  if (month === 0) return "the start";
  return `year ${Math.floor((month - 1) / YEAR) + 1}, month ${((month - 1) % YEAR) + 1}`;
}

/** Return a number as people read it: three significant digits, a true minus sign, a dash where there is none. */
function number(value, signed = false) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const places = size < 1e-9 ? 0 : Math.min(Math.max(2 - Math.floor(Math.log10(size)), 0), 4);
  const text = size.toFixed(places);
  if (Number(text) === 0) return "0";
  return (value < 0 ? "−" : signed ? "+" : "") + text;
}

function percent(part, whole) {
  return whole ? `${((100 * part) / whole).toFixed(1)}%` : "–";
}

function readable(name) {
  return name.replaceAll("_", " ");
}
