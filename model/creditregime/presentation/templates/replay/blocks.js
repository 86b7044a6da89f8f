// The blocks of letters that hold the runs: base64 of gzip of arrays or of JSON (see packing.py).

const TYPES = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, int32: Int32Array, float64: Float64Array };

/** Return the bytes of a block. */
async function unzipped(name) {
  const letters = byId(`block-${name}`).textContent;
  const zipped = Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
  const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** Return the plain data of a block. */
async function dataOf(name) {
  return JSON.parse(new TextDecoder().decode(await unzipped(name)));
}

/** Return the arrays of a block, by name; each knows its shape. */
async function arraysOf(name) {
  const buffer = await unzipped(name);
  const length = new DataView(buffer).getUint32(0, true);
  const heading = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const found = {};
  let place = 4 + length;
  for (const { name: key, type, shape, steps } of heading) {
    const size = shape.reduce((product, side) => product * side, 1);
    const array = new TYPES[type](buffer, place, size);
    if (steps) addUp(array, shape.at(-1));
    found[key] = array;
    place += Math.ceil(array.byteLength / 8) * 8;
  }
  return found;
}

/** Turn steps along the last axis back into values; whole numbers wrap around as they did. */
function addUp(array, row) {
  for (let place = 0; place < array.length; place += 1) {
    if (place % row) array[place] += array[place - 1];
  }
}
