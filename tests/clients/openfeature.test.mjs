// A real OpenFeature client evaluates the allocation by OFREP: the flag `model` names the version that then scores the lead.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { ErrorCode, OpenFeature, StandardResolutionReasons } from "@openfeature/server-sdk";
import { folder, hosts } from "../edge/hosts.mjs";

const LEADS = 60;

for (const host of hosts) {
  const store = folder();
  let served;
  let client;
  let champion;
  before(async () => {
    const plain = await host.start({ store: store.path });
    [champion] = (await (await fetch(`${plain.url}/v1/models`)).json()).models;
    await plain.stop();
    const settings = { allocation: { experiment: "e", champion: champion.version, exploration_bp: 2_000 } };
    served = await host.start({ store: store.path, settings });
    await OpenFeature.setProviderAndWait(host.name, new OFREPProvider({ baseUrl: served.url }));
    client = OpenFeature.getClient(host.name);
  });
  after(async () => {
    await served?.stop();
    store.remove();
  });

  test(`${host.name}: an OpenFeature client learns who scores a lead, and whether it explores`, async () => {
    let explored = 0;
    for (let number = 0; number < LEADS; number++) {
      const id = `L-${number}`;
      const model = await client.getStringDetails("model", "none", { targetingKey: id, industry: "Logistics" });
      assert.deepEqual([model.value, model.reason, model.errorCode], [champion.version, StandardResolutionReasons.STATIC, undefined]);
      assert.equal(model.flagMetadata.name, champion.name);
      const explores = await client.getBooleanValue("explores", false, { targetingKey: id });
      const scored = await fetch(`${served.url}/v1/score?reasons=0`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ lead_id: id }) });
      const score = await scored.json();
      assert.deepEqual([score.model.version, score.variant, score.explores === true], [model.value, model.variant, explores], id);
      explored += Number(explores);
    }
    assert.ok(explored > 0 && explored < LEADS, `${explored}`);
  });

  test(`${host.name}: what cannot be evaluated has the client's default and a code`, async () => {
    const found = async (key, context) => {
      const { value, errorCode } = await client.getStringDetails(key, "default", context);
      return [value, errorCode];
    };
    assert.deepEqual(await found("price", { targetingKey: "a" }), ["default", ErrorCode.FLAG_NOT_FOUND]);
    assert.deepEqual(await found("model", {}), ["default", ErrorCode.TARGETING_KEY_MISSING]);
    assert.deepEqual(await found("model", { targetingKey: "x".repeat(300) }), ["default", ErrorCode.INVALID_CONTEXT]);
    assert.deepEqual(await found("explores", { targetingKey: "a" }), ["default", ErrorCode.TYPE_MISMATCH]);
  });
}

after(() => OpenFeature.close());
