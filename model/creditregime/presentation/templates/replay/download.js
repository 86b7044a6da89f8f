// Files that the page hands out; they are made here, and nothing is fetched.

function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const anchor = element("a", { href: address, download: name });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Hand out the scenario of a point with a seed, as creditregime run --scenario takes it. */
async function downloadScenario(side, point, seed) {
  const scenarios = await dataOf("scenarios");
  download(`${side}.yaml`, "application/yaml", scenarios[point].replace(/^seed: .*$/m, `seed: ${seed}`));
}
