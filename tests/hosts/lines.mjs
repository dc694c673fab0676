// Scores as lines of bits: the same lines that tests/src/golden/lines.rs writes. Runs in every host, imports nothing.

const view = new DataView(new ArrayBuffer(8));

/** The bits of `x`, 16 digits; a NaN's sign and payload are the host's own business. */
export function bits(x) {
  view.setFloat64(0, x);
  return Number.isNaN(x) ? "7ff8000000000000" : view.getBigUint64(0).toString(16).padStart(16, "0");
}

const join = (values) => Array.from(values, bits).join(" ");

function rowLines(model, rows) {
  const { columns, outputs } = model.card;
  const margins = model.scoreBatch(rows, { output: "margin" });
  const probabilities = model.scoreBatch(rows);
  return Array.from(probabilities, (probability, i) => {
    const row = rows.slice(i * columns.length, (i + 1) * columns.length);
    // One row at a time and many at once take different ways through the engine: both must agree.
    if (bits(model.scoreRow(row)) !== bits(probability)) return `row ${i} alone scores ${bits(model.scoreRow(row))}`;
    const line = `${join(margins.subarray(i * outputs, (i + 1) * outputs))} ${bits(probability)}`;
    const explained = contributions(model, row);
    return explained ? `${line} | ${join(explained)}` : line;
  });
}

function contributions(model, row) {
  try {
    return model.explain(row).flatMap(({ contributions, bias }) => [...contributions, bias]);
  } catch (error) {
    if (error.code === "MODEL_NOT_EXPLAINABLE") return undefined;
    throw error;
  }
}

function leadLines(model, leads, now) {
  const whole = (points) => points ?? "-";
  return model.scoreBatch(leads, { now, reasons: 5 }).map((score) => {
    if (score instanceof Error) return score.problems.map((p) => `${p.code} ${p.pointer} ${p.detail}`).join(" / ");
    const head = `${bits(score.margin)} ${bits(score.probability)} |`;
    const said = `${score.lead_id ?? ""} ${score.score} ${score.band} ${whole(score.base)} ${whole(score.rest)}`;
    return [`${head} ${said}`, ...score.reasons.map((r) => `${bits(r.contribution)} ${r.points} ${r.text}`)].join(" / ");
  });
}

/** The lines of every case: `{name, bundle, rows | leads, now}` with bytes in base64. */
export async function score(Model, cases) {
  const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const answers = [];
  for (const { name, bundle, rows, leads, now } of cases) {
    const model = await Model.load(bytes(bundle));
    const lines = rows ? rowLines(model, new Float64Array(bytes(rows).buffer)) : leadLines(model, leads, now);
    model.free();
    answers.push({ name, lines });
  }
  return answers;
}
