// `npm run build`: everything the hosts run.
import { build } from "./run.mjs";

await build();
