// Who scores a lead, drawn in plain JavaScript: pages that forbid WebAssembly draw too, and no other module is loaded. The service draws with
// `core/src/route`; tests/hosts/draw.test.mjs compares both.
import { fnv1a, murmur, sha256 } from "./draw-hash.ts";
import type { AllocationRule, AllocationSettings } from "./settings.ts";
import type { LeadValue } from "./types.ts";

/** A lead's part in a deployment. @internal */
export interface Part {
  variant: string;
  role: "champion" | "challenger";
  /** The score is to be hidden. */
  explores: boolean;
  /** The side of the test; absent for a lead on none. */
  arm?: "A" | "B";
}

type Values = Readonly<Record<string, LeadValue>>;

/** Basis points of the whole. */
const WHOLE = 10_000;
/** Seed of Unleash's draw between variants. */
const UNLEASH = 86_028_157;

/** The bucket of an id among 10,000. */
function bucket(hash: AllocationSettings["hash"], salt: string, id: string): number {
  if (hash === "unleash") return murmur(`${salt}:${id}`, UNLEASH) % WHOLE;
  if (hash === "growthbook-v1") return (fnv1a(id + salt) % 1000) * 10;
  if (hash === "growthbook-v2") return fnv1a(String(fnv1a(salt + id))) % WHOLE;
  const bits = hash === "flagd" ? murmur(salt + id, 0) : sha256(`${salt}:${id}`);
  return Math.floor((bits * WHOLE) / 4_294_967_296);
}

/** Whether a lead with this value may be in the experiment. */
function admits(rule: AllocationRule, value: LeadValue): boolean {
  const { present, in: some, not_in: none, at_least: least, below } = rule;
  const isGiven = (condition: unknown) => condition !== undefined && condition !== null;
  if (value === null || value === undefined || value === "") return ![some, none, least, below].some(isGiven) && present !== true;
  const isAmong = (set: readonly unknown[]) => (Array.isArray(value) ? value.some((item) => set.includes(item)) : set.includes(value));
  const number = typeof value === "number" ? value : NaN;
  return (
    (!some || isAmong(some)) &&
    (!none || !isAmong(none)) &&
    (!isGiven(least) || number >= (least as number)) &&
    (!isGiven(below) || number < (below as number)) &&
    present !== false
  );
}

/** Where each arm begins and ends, in basis points. */
function ranges({ arm = [] }: AllocationSettings): [number, number][] {
  const given = arm.reduce((sum, { room_bp }) => sum + (room_bp ?? 0), 0);
  const open = arm.filter(({ room_bp }) => room_bp === undefined || room_bp === null).length;
  const even = open === 0 ? 0 : Math.floor(Math.max(WHOLE - given, 0) / open);
  let start = 0;
  return arm.map(({ share_bp, room_bp }) => {
    const range: [number, number] = [start, start + share_bp];
    start += room_bp ?? even;
    return range;
  });
}

/** The part of each lead, by its id and the values that rules on fields compare; a lead without an id (`""`) is the champion's. @internal */
export function draw(allocation: AllocationSettings, ids: readonly string[], fields: readonly Values[] = []): Part[] {
  const { arm = [], champion, experiment, exploration_bp = 100, exploration_salt = "exploration", hash, holdout_bp = 0, holdout_salt = "holdout", killed, rule = [] } = allocation;
  const sides = ranges(allocation);
  const stays: Part = { variant: champion, role: "champion", explores: false };
  return ids.map((id, place) => {
    if (id === "") return stays;
    const isIn = (share: number, salt: string) => share > 0 && bucket(hash, salt, id) < share;
    const explores = isIn(exploration_bp, exploration_salt);
    const values = fields[place] ?? {};
    if (killed || isIn(holdout_bp, holdout_salt) || !rule.every((one) => admits(one, Object.hasOwn(values, one.field) ? values[one.field] : null))) return { ...stays, explores };
    const at = bucket(hash, experiment, id);
    const drawn = arm[sides.findIndex(([start, end]) => start <= at && at < end)];
    const part: Part = drawn ? { variant: drawn.variant, role: "challenger", explores } : { ...stays, explores };
    return arm.length === 1 && !explores ? { ...part, arm: drawn ? "B" : "A" } : part;
  });
}
