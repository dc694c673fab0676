// The control object: which model serves and why, run on this Durable Object's SQLite. What the shards counted is carried here.
import { DurableObject } from "cloudflare:workers";
import module from "./edge.wasm";
import models from "./models.js";
import { Head } from "./head.js";
import { instantiate } from "./instance.js";

/** What is due is done this often. */
const TICK_MS = 5000;
/** A retraining is worked on for so long before the next tick; requests are answered between its steps. */
const TRAIN_MS = 1000;
/** A receiver of messages may take so long to answer. */
const PATIENCE_MS = 10_000;
/** The service is asked for a lead of its own this often, and has so long to answer. */
const PROBE_MS = 60_000;
const PROBE_PATIENCE_MS = 10_000;
/** What is older than the policy keeps is deleted this often. */
const EXPIRY_MS = 3_600_000;
/** Memory of wasm never shrinks: an instance that has grown by so much is replaced. */
const GROWTH_BYTES = 25165824;
/** Whether the demo's history was played to its end. */
const PLAYED = "played";
const EMPTY = new Uint8Array(0);
const decoder = new TextDecoder();
const NEWLINE = 10;

export class Control extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.rules = undefined;
    this.head = undefined;
    this.shards = 0;
    /** The number of the deployment that every shard has heard of. */
    this.announced = 0;
    /** The keys in force that every shard has heard of. */
    this.keys = undefined;
    this.ticking = undefined;
    this.delivering = undefined;
    /** Whether it is noted how often the service was killed. */
    this.noted = false;
    /** When the service was asked for a lead of its own last. */
    this.probed = 0;
    /** When the shards deleted what is old last. */
    this.expired = Date.now();
    /** The demo's history while it is played. */
    this.playing = undefined;
    this.open();
  }

  /** An instance of the rules on this object's store; the first model of the worker serves where the store is empty. */
  open() {
    this.rules = instantiate(module, { storage: this.ctx.storage });
    const settings = this.env.SETTINGS || "{}";
    const random = crypto.getRandomValues(new Uint8Array(32));
    this.shards = this.call("control_open", [settings, this.env.LIFECYCLE ?? "", random, this.env.PLUMBLINE_ADMIN ?? "", this.env.PLUMBLINE_SECRET ?? ""]);
    this.fresh = this.rules.view().length;
    const { names } = JSON.parse(this.text("control_takes"));
    this.head = new Head({ names, paths: {}, roots: {}, all: [...names.keys()] });
    const { is_demo } = JSON.parse(this.env.LIFECYCLE || "{}");
    if (is_demo) {
      if (this.call("control_empty", []) === 1) this.playing = this.play(settings);
      // Whoever waits for it hears why it failed.
      this.playing?.catch((error) => console.error(error));
    } else if (models.length > 0) this.call("control_first", [new Uint8Array(models[0]), this.env.PLUMBLINE_KEY ?? ""], Date.now());
  }

  /** Plays the demo's history into this store and the shards', in an instance of its own that waits for them. */
  async play(settings) {
    const store = { storage: this.ctx.storage };
    const encoder = new TextEncoder();
    const { LOG } = this.env;
    let player;
    store.carry = async (task, number, now, at, length) => {
      const text = player.take(at, length);
      const shard = LOG.get(LOG.idFromName(`shard-${number}`));
      let answer = "";
      let failed = false;
      try {
        if (task === 0) await shard.append(text);
        else if (task === 1) {
          const end = text.indexOf(NEWLINE);
          answer = await shard.events(now, number, this.shards, decoder.decode(text.subarray(0, end)), text.subarray(end + 1));
        } else if (task === 2) await shard.digestAll(now, decoder.decode(text));
        else if (task === 3) answer = await shard.unsent();
        else if (task === 4) await shard.acknowledge(decoder.decode(text));
        else if (task === 5) answer = await shard.minutes(now);
        else if (task === 6) answer = await shard.experiment(decoder.decode(text));
        else answer = await shard.part(now, number, this.shards, decoder.decode(text), EMPTY);
      } catch (error) {
        failed = true;
        answer = `${error.message ?? error}`;
      }
      const [size] = player.put(player.exports.control_reserve, encoder.encode(answer));
      return failed ? -1 : size;
    };
    // On standard output, because a service that is busy playing answers no one.
    store.played = (part) => console.log(`history ${Math.round(part * 100)} %`);
    player = instantiate(module, store);
    const key = () => [...crypto.getRandomValues(new Uint8Array(24))].map((b) => b.toString(16).padStart(2, "0")).join("");
    const secrets = JSON.stringify([this.env.PLUMBLINE_KEY || key(), key(), key()]);
    const given = player.put(player.exports.control_reserve, settings, this.env.LIFECYCLE, secrets);
    const played = await WebAssembly.promising(player.exports.control_play)(Date.now(), ...given);
    if (played < 0) throw new Error(player.text(player.exports.control_output(), player.exports.control_error_length()));
    await this.ctx.storage.put(PLAYED, true);
    this.playing = undefined;
  }

  /** Has the shards know which deployment holds, and goes on doing what is due. */
  async begin() {
    await this.playing;
    const { is_demo } = JSON.parse(this.env.LIFECYCLE || "{}");
    if (is_demo && !(await this.ctx.storage.get(PLAYED))) {
      throw new Error("HISTORY_INCOMPLETE: the demo's history was interrupted, or the store is not a demo's; remove its folder to begin anew");
    }
    await this.announce();
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + TICK_MS);
  }

  async alarm() {
    try {
      await this.tick();
    } catch (error) {
      // The next tick goes on where this one broke off.
      console.error(error);
    }
    let more = false;
    try {
      more = await this.train();
    } catch (error) {
      // The next one takes the steps again.
      console.error(error);
    }
    // A slow receiver delays no tick.
    this.ctx.waitUntil(this.deliver());
    await this.ctx.storage.setAlarm(Date.now() + (more ? 0 : TICK_MS));
  }

  /** Answers a request that belongs to the lifecycle. */
  async fetch(request) {
    await this.begin();
    const url = new URL(request.url);
    const body = request.body === null ? EMPTY : new Uint8Array(await request.arrayBuffer());
    const head = new Uint8Array(this.head.take(request.method, url.pathname + url.search, request.headers));
    const given = head.subarray(0, this.head.write(head, 0));
    let answer = this.bytes("control_answer", [given, body], Date.now());
    if (answer.length === 0) {
      const ask = this.text("control_asks");
      const parts = await Promise.all(this.all((shard, number) => shard.part(Date.now(), number, this.shards, ask, body)));
      answer = this.bytes("control_told", [given, ask, `[${parts}]`], Date.now());
    }
    // A command may have changed who serves: the shards learn of it before the caller does.
    await this.announce();
    if (this.rules.view().length > this.fresh + GROWTH_BYTES) this.open();
    const end = answer.indexOf(NEWLINE);
    const [status, headers] = JSON.parse(decoder.decode(answer.subarray(0, end)));
    const empty = status === 204 || status === 304 || request.method === "HEAD";
    return new Response(empty ? null : answer.subarray(end + 1), { status, headers });
  }

  /** Does what is due, once for all who ask for it meanwhile. */
  tick() {
    this.ticking ??= this.work().finally(() => (this.ticking = undefined));
    return this.ticking;
  }

  async work() {
    if (!this.noted) {
      this.call("control_gaps", [`[${await Promise.all(this.all((shard) => shard.missing()))}]`], Date.now());
      this.noted = true;
    }
    const rules = this.text("control_rules");
    await Promise.all(
      this.all(async (shard, number) => {
        await shard.digest(number, rules);
        for (;;) {
          const windows = await shard.unsent();
          if (windows === "[]") break;
          this.call("control_receive", [windows, "[]", "[]"], Date.now(), number);
          await shard.acknowledge(windows);
        }
        const since = this.call("control_minutes_since", [], Date.now(), number);
        this.call("control_receive", ["[]", ...(await shard.recent(Date.now(), since))], Date.now(), number);
      }),
    );
    const due = this.text("control_test", [], Date.now());
    if (due) {
      try {
        const sums = await Promise.all(this.all((shard) => shard.experiment(due)));
        this.call("control_tested", [due, `[${sums}]`]);
      } catch (error) {
        // The look is an error then, which the tick counts; all else goes on.
        console.error(error);
      }
    }
    const survey = this.text("control_survey", [], Date.now());
    if (survey) {
      try {
        const parts = await Promise.all(this.all((shard, number) => shard.part(Date.now(), number, this.shards, survey, EMPTY)));
        this.call("control_told", [EMPTY, survey, `[${parts}]`], Date.now());
      } catch (error) {
        // What was found last stands, and the next tick asks again.
        console.error(error);
      }
    }
    for (const changes of JSON.parse(this.text("control_changes")).map((due) => JSON.stringify(due))) {
      try {
        const parts = await Promise.all(this.all((shard, number) => shard.part(Date.now(), number, this.shards, changes, EMPTY)));
        this.call("control_told", [EMPTY, changes, `[${parts}]`], Date.now());
      } catch (error) {
        // The changes wait in their shards, and the next tick asks again.
        console.error(error);
      }
    }
    this.call("control_tick", [], Date.now());
    await this.announce();
    if (Date.now() - this.probed >= PROBE_MS) await this.probe();
    if (Date.now() - this.expired >= EXPIRY_MS) await this.expire();
  }

  /** Works on a retraining for a while, a step at a time, so that requests are answered between two; whether there is more to do. */
  async train() {
    const until = Date.now() + TRAIN_MS;
    while (Date.now() < until) {
      const ask = this.text("control_retraining", [], Date.now());
      if (ask) {
        const number = JSON.parse(ask).stored.shard;
        // The shards before it say nothing.
        const part = await this.all((shard, at) => (at === number ? shard.part(Date.now(), at, this.shards, ask, EMPTY) : undefined))[number];
        this.call("control_told", [EMPTY, ask, `[${'{"Ok":null},'.repeat(number)}${part}]`], Date.now());
      } else if (this.call("control_train", [], Date.now(), 2) === 0) {
        return false;
      }
      await scheduler.wait(0);
    }
    return true;
  }

  /** Has every shard delete what it need not keep any more. */
  async expire() {
    this.expired = Date.now();
    const retention = this.text("control_retention");
    await Promise.all(this.all((shard) => shard.expire(Date.now(), retention)));
  }

  /** Sends the messages that are due; once for all who ask for it meanwhile. */
  deliver() {
    this.delivering ??= this.send().catch((error) => console.error(error)).finally(() => (this.delivering = undefined));
    return this.delivering;
  }

  async send() {
    const names = JSON.parse(this.text("control_secrets"));
    const secrets = JSON.stringify(Object.fromEntries(names.filter((name) => typeof this.env[name] === "string").map((name) => [name, this.env[name]])));
    // A receiver that is slow keeps no other from its messages.
    const under = new Set();
    for (;;) {
      for (const message of JSON.parse(this.text("control_lease", [secrets], Date.now()))) {
        const sent = this.post(message).finally(() => under.delete(sent));
        under.add(sent);
      }
      if (under.size === 0) return;
      await Promise.race(under);
    }
  }

  /** Sends a message, and settles it by what its receiver answered. */
  async post({ id, url, headers, body }) {
    let status = 0;
    let after = NaN;
    try {
      const answer = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
      status = answer.status;
      after = parseInt(answer.headers.get("retry-after") ?? "", 10);
      await answer.body?.cancel();
    } catch {
      // No answer: it is sent again.
    }
    this.call("control_settle", [id], Date.now(), status, Number.isNaN(after) ? -1 : after);
  }

  /** Has the service score a lead of each version, so that it is known how often it could; notes a failure where it does not answer. */
  async probe() {
    this.probed = Date.now();
    const late = scheduler.wait(PROBE_PATIENCE_MS).then(() => {
      throw new Error("PROBE_UNANSWERED: the service did not score its own leads in time");
    });
    const asked = this.ctx.exports.Prober.probe();
    try {
      await Promise.race([asked, late]);
    } catch (error) {
      console.error(error);
      const batch = this.bytes("control_unanswered", [crypto.randomUUID()], this.probed);
      if (batch.length > 0) await this.env.LOG.get(this.env.LOG.idFromName("shard-0")).append(batch);
    } finally {
      late.catch(() => {});
      asked.catch(() => {});
    }
  }

  /** Families of the lifecycle for `/metrics`. */
  gauges() {
    return this.text("control_gauges", [], Date.now());
  }

  /** Announces the deployment in force, and the keys, to every shard, unless they have heard of it. */
  async announce() {
    const keys = this.text("control_access", [], Date.now());
    if (keys !== this.keys) {
      await Promise.all(this.all((shard) => shard.keepAccess(keys)));
      this.keys = keys;
    }
    const document = this.text("control_deployed");
    if (!document) return;
    const { epoch } = JSON.parse(document);
    if (epoch === this.announced) return;
    await Promise.all(this.all((shard) => shard.announce(document)));
    this.announced = epoch;
  }

  /** The bundle with this digest. */
  bundle(digest) {
    return this.bytes("control_bundle", [digest]);
  }

  /** The bundle of this version. */
  version(version) {
    return this.bytes("control_version", [version]);
  }

  all(work) {
    const { LOG } = this.env;
    return Array.from({ length: this.shards }, (_, number) => work(LOG.get(LOG.idFromName(`shard-${number}`)), number));
  }

  text(entry, parts = [], ...more) {
    return decoder.decode(this.bytes(entry, parts, ...more));
  }

  bytes(entry, parts, ...more) {
    const length = this.call(entry, parts, ...more);
    return length > 0 ? this.rules.take(this.rules.exports.control_output(), length) : EMPTY;
  }

  /** One call into the rules, which are given `more` and the lengths of the parts. A panic costs the instance, not the object. */
  call(entry, parts, ...more) {
    const { rules } = this;
    let value;
    try {
      value = rules.exports[entry](...more, ...(parts.length > 0 ? rules.put(rules.exports.control_reserve, ...parts) : []));
    } catch (error) {
      this.open();
      throw error;
    }
    if (value >= 0) return value;
    throw new Error(rules.text(rules.exports.control_output(), rules.exports.control_error_length()));
  }
}
