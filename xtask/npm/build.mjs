// `npm run build`: everything the hosts run.
import { build, step } from "./run.mjs";

await build();
await step("Sizes", "cargo", ["run", "--quiet", "--profile", "quick", "-p", "xtask", "--", "sizes"]);
