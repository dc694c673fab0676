// What changed between two views of a lead: kept as points by field, never as a lead's values.
import type { Store } from "./element-store.ts";
import { clock } from "./element-globals.ts";
import type { Score } from "./types.ts";

/** A score as it was seen. */
interface Seen {
  score: number;
  version: string;
  at: number;
  base: number | undefined;
  /** By field: its name and points. */
  points: Record<string, [string, number]>;
}

interface Views {
  now: Seen;
  before?: Seen;
}

/** Why a score is another than before. @internal */
export interface Change {
  from: number;
  to: number;
  /** When the earlier score was seen. */
  at: number;
  /** The versions, if they differ. */
  models: readonly [string, string] | undefined;
  /** Labels and differences in points, largest first; with `rest` they add up to the difference of the scores. */
  fields: readonly { label: string; points: number }[];
  /** Points of the average lead, of fields that are not listed, and of rounding. */
  rest: number;
}

/** Leads whose last score is kept. */
const MOST = 5_000;

/** Notes a score and returns what changed since the last other one. @internal */
export async function changeOf(store: Store, key: string, score: Score): Promise<Change | undefined> {
  const now = seenOf(score);
  let views: Views = { now };
  await store.bound("seen", MOST);
  await store.change<Views>("seen", key, (known) => {
    if (known) views = isSame(known.now, now) ? known : { now, before: known.now };
    return views === known ? undefined : views;
  });
  return views.before && between(views.before, views.now);
}

function seenOf(score: Score): Seen {
  const points: Seen["points"] = {};
  for (const { field, label, points: by } of score.reasons) points[`$${field}`] = [label ?? field, by];
  return { score: score.score, version: score.model.version, at: clock(), base: score.base, points };
}

function isSame(a: Seen, b: Seen): boolean {
  return a.score === b.score && a.version === b.version && between(a, b).fields.length === 0;
}

/** @internal */
function between(a: Seen, b: Seen): Change {
  const fields = [...new Set([...Object.keys(a.points), ...Object.keys(b.points)])].flatMap((key) => {
    const [before, after] = [a.points[key], b.points[key]];
    const points = (after?.[1] ?? 0) - (before?.[1] ?? 0);
    return points === 0 ? [] : [{ label: (after ?? before)?.[0] ?? key.slice(1), points }];
  });
  fields.sort((x, y) => Math.abs(y.points) - Math.abs(x.points));
  const rest = b.score - a.score - fields.reduce((sum, { points }) => sum + points, 0);
  const models = a.version === b.version ? undefined : ([a.version, b.version] as const);
  return { from: a.score, to: b.score, at: a.at, models, fields, rest };
}
