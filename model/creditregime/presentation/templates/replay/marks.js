// How a firm looks, how a hit looks, and the legend, which is drawn with the same hand.

const INK = "#222222";

/** Draw a firm: the colour is its grade and so is the share that is filled; the shape is its standing on lists. */
function drawMark(pen, [x, y], radius, { colour, fill, shape, vacant, successor, held, sanctioned }) {
  if (vacant) return drawCross(pen, x, y, radius);
  const outline = outlineOf(shape, x, y, radius);
  pen.save();
  pen.fillStyle = "white";
  pen.fill(outline);
  pen.clip(outline);
  pen.fillStyle = colour;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.arc(x, y, 2 * radius, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * fill);
  pen.fill();
  pen.restore();
  Object.assign(pen, { strokeStyle: INK, lineWidth: shape === "circle" ? 0.9 : 2.2 });
  pen.stroke(outline);
  if (successor) dot(pen, x, y, Math.max(1.1, 0.3 * radius));
  if (held) ring(pen, [x, y], radius + 2.2, held, 2.2);
  if (sanctioned) ring(pen, [x, y], radius + 4.4, "black", 1.3, [2, 2]);
  return undefined;
}

function drawCross(pen, x, y, radius) {
  const arm = 0.7 * radius;
  Object.assign(pen, { strokeStyle: "#767676", lineWidth: 1.2 });
  pen.beginPath();
  pen.moveTo(x - arm, y - arm);
  pen.lineTo(x + arm, y + arm);
  pen.moveTo(x - arm, y + arm);
  pen.lineTo(x + arm, y - arm);
  pen.stroke();
}

function outlineOf(shape, x, y, radius) {
  const path = new Path2D();
  const reach = 1.35 * radius;
  if (shape === "circle") path.arc(x, y, radius, 0, 2 * Math.PI);
  else if (shape === "square") path.rect(x - 1.1 * radius, y - 1.1 * radius, 2.2 * radius, 2.2 * radius);
  else {
    path.moveTo(x, y - reach);
    for (const [right, down] of [[1, 0], [0, 1], [-1, 0]]) path.lineTo(x + right * reach, y + down * reach);
    path.closePath();
  }
  return path;
}

function dot(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  Object.assign(pen, { fillStyle: "white", strokeStyle: INK, lineWidth: 0.8 });
  pen.fill();
  pen.stroke();
}

function ring(pen, [x, y], radius, colour, width, dash = []) {
  Object.assign(pen, { strokeStyle: colour, lineWidth: width });
  pen.setLineDash(dash);
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.stroke();
  pen.setLineDash([]);
}

function arrow(pen, [x, y], [toX, toY], gap, colour) {
  const angle = Math.atan2(toY - y, toX - x);
  const [tipX, tipY] = [toX - (gap + 3) * Math.cos(angle), toY - (gap + 3) * Math.sin(angle)];
  Object.assign(pen, { strokeStyle: colour, fillStyle: colour, lineWidth: 2 });
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(tipX, tipY);
  pen.stroke();
  pen.beginPath();
  pen.moveTo(tipX, tipY);
  for (const turn of [0.45, -0.45]) pen.lineTo(tipX - 9 * Math.cos(angle + turn), tipY - 9 * Math.sin(angle + turn));
  pen.fill();
}

/** Fill the legend with marks drawn as in the networks. */
function drawLegend(list, catalogue, scales) {
  const { look } = catalogue;
  const plain = { colour: "#bbbbbb", fill: 1, shape: "circle" };
  const items = scales.flatMap((grades) =>
    grades.map((name, rank) => [
      `grade: ${readable(name)}`,
      { ...plain, colour: look.ramps[grades.length][rank], fill: (rank + 1) / grades.length },
    ]),
  );
  items.reverse();
  items.push(["diamond: on a blacklist", { ...plain, shape: "diamond" }]);
  items.push(["square: on one by association only", { ...plain, shape: "square" }]);
  items.push(["purple ring: grade held down by association", { ...plain, held: look.struck }]);
  items.push([`dotted ring: measures imposed in the last ${RECENT} months`, { ...plain, sanctioned: true }]);
  items.push(["white dot: a successor, the first firm left", { ...plain, successor: true }]);
  items.push(["cross: vacant", { ...plain, vacant: true }]);
  const rows = items.map(([text, state]) => legendItem(text, (pen) => drawMark(pen, [13, 13], 6, state)));
  rows.push(
    legendItem(`arrow: hit by association in the last ${RECENT} months, from the firm through which it came`, (pen) =>
      arrow(pen, [1, 20], [25, 6], 0, look.struck),
    ),
    legendItem(`dashed line: supply link lost in the last ${RECENT} months`, (pen) =>
      legendLine(pen, look.worlds[0], 1.5, [5, 3]),
    ),
    legendItem("dark line: a link of a blacklisted firm", (pen) => legendLine(pen, INK, 1.2, [])),
    legendItem("of the chosen firm: solid line to its suppliers", (pen) => legendLine(pen, look.supplier, 2.2, [])),
    legendItem("of the chosen firm: dashed line to its buyers", (pen) => legendLine(pen, look.buyer, 2.2, [6, 3])),
  );
  list.replaceChildren(...rows, element("li", {}, "size: revenue at the start"));
}

function legendItem(text, paint) {
  const canvas = element("canvas", { width: 52, height: 52, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  pen.scale(2, 2);
  paint(pen);
  return element("li", {}, canvas, text);
}

function legendLine(pen, colour, width, dash) {
  Object.assign(pen, { strokeStyle: colour, lineWidth: width });
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(1, 18);
  pen.lineTo(25, 8);
  pen.stroke();
}
