// `npm run build`: all that is shipped, within its budgets of size.
import { build } from "./steps.mjs";

await build();
