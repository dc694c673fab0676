// Requests that schemathesis makes of openapi.json, with all of its checks, against both hosts: what is described is what is served.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { folder, hosts } from "../edge/hosts.mjs";

for (const host of hosts) {
  test(`generated requests find nothing (${host.name})`, async (t) => {
    const python = process.env.PLUMBLINE_PYTHON;
    assert.ok(python, "PLUMBLINE_PYTHON names no interpreter");
    const store = folder();
    const served = await host.start({ store: store.path });
    t.after(async () => {
      await served.stop();
      store.remove();
    });
    const options = ["--checks", "all", "--continue-on-failure", "--max-examples", "20", "--seed", "3", "--suppress-health-check", "all", "--warnings", "off"];
    const run = promisify(execFile)(join(dirname(python), "st"), ["run", `${served.url}/openapi.json`, ...options], {
      cwd: store.path,
      env: { ...process.env, NO_PROXY: "127.0.0.1" },
      maxBuffer: 1 << 26,
    });
    const { stdout } = await run.catch((error) => assert.fail(error.stdout || error.message));
    assert.match(stdout, /No issues found/);
  });
}
