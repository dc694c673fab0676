// The static resource: one classic script, because Salesforce's `loadScript` loads no modules. The scorer is plain JavaScript, which needs neither
// WebAssembly nor eval.
export { addWords, connect, LeadScore, PlumblineError } from "plumbline/element";
