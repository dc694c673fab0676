// The configuration of standalone workerd, as Cap'n Proto text.
import { relative } from "node:path";

/**
 * What workerd needs to serve `dist`, seen from folder `at` where the text will lie. `shell` holds the JavaScript, `lifecycle` says on
 * which terms a lifecycle runs; none without it.
 */
export function config({ at, shell, module, models, port, store, assets, settings, flags, lifecycle }) {
  const file = (path) => JSON.stringify(relative(at, path));
  const text = (value) => JSON.stringify(value);
  const code = ["main", "access", "body", "control", "deployment", "head", "instance", "later", "lifecycle", "log", "page", "shard", "store"].map(
    (name) => `${name}.js`,
  );
  const modules = [
    ...code.map((name) => `(name = "${name}", esModule = embed ${file(`${shell}/${name}`)})`),
    `(name = "edge.wasm", wasm = embed ${file(module)})`,
    `(name = "models.js", esModule = ${text(modelsModule(models.length))})`,
    ...models.map((path, i) => `(name = "${i}.plumb", data = embed ${file(path)})`),
  ];
  // The first key is not written to a file.
  const control =
    lifecycle === undefined
      ? ""
      : `
    (name = "CONTROL", durableObjectNamespace = "Control"),
    (name = "LIFECYCLE", text = ${text(JSON.stringify(lifecycle))}),
    (name = "PLUMBLINE_KEY", fromEnvironment = "PLUMBLINE_KEY"),
    (name = "PLUMBLINE_CUT", fromEnvironment = "PLUMBLINE_CUT"),
    (name = "PLUMBLINE_ADMIN", fromEnvironment = "PLUMBLINE_ADMIN"),${secrets(lifecycle)}`;
  // Messages go to public addresses only, unless receivers on this machine are allowed.
  const internet = lifecycle?.policy?.alerts?.notify?.allow_loopback
    ? `
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),`
    : "";
  const page = assets && `(name = "assets", disk = (path = ${text(assets)}))`;
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),${internet}
    (name = "store", disk = (path = ${text(store)}, writable = true)),${page ? `\n    ${page},` : ""}
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
  v8Flags = [${flags.map(text).join(", ")}],
);

const main :Workerd.Worker = (
  modules = [
    ${modules.join(",\n    ")},
  ],
  compatibilityDate = "2026-10-01",
  bindings = [
    (name = "LOG", durableObjectNamespace = "LogShard"),${control}
    (name = "SETTINGS", text = ${text(JSON.stringify(settings))}),${page ? `\n    (name = "ASSETS", service = "assets"),` : ""}
  ],
  durableObjectNamespaces = [
    (className = "LogShard", uniqueKey = "plumbline-log", enableSql = true),
    (className = "Control", uniqueKey = "plumbline-control", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "store"),
);
`;
}

/** Bindings of the secrets that messages need, each of the environment. */
function secrets(lifecycle) {
  const { slack, heartbeat, webhooks = [] } = lifecycle.policy?.alerts?.notify ?? {};
  const hooks = [...webhooks, ...(lifecycle.policy?.writeback?.webhooks ?? [])];
  const names = new Set([slack, heartbeat, ...hooks.map((hook) => hook.secret)].filter(Boolean));
  return [...names].map((name) => `\n    (name = ${JSON.stringify(name)}, fromEnvironment = ${JSON.stringify(name)}),`).join("");
}

/** The module that lists the bundles. */
export function modelsModule(count) {
  const numbers = Array.from({ length: count }, (_, i) => i);
  return [...numbers.map((i) => `import m${i} from "./${i}.plumb";`), `export default [${numbers.map((i) => `m${i}`)}];`, ""].join("\n");
}
