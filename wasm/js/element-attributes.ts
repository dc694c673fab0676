// What the attributes of an element say.
import type { ConnectOptions, Mode } from "./element-connection.ts";

/** The connection that attributes name; undefined without a service. @internal */
export function optionsOf(element: Element): ConnectOptions | undefined {
  const [service, key, mode, rep] = ["service", "key", "mode", "rep"].map((name) => element.getAttribute(name) ?? undefined);
  if (service === undefined) return undefined;
  const isMode = mode === "local" || mode === "edge";
  return { service: new URL(service, document.baseURI).href, mode: isMode ? (mode as Mode) : "auto", ...(key && { key }), ...(rep && { rep }) };
}

/** The language that an element is in; English where its tag is none. @internal */
export function languageOf(element: Element): string {
  const language = element.closest("[lang]")?.getAttribute("lang") || globalThis.navigator?.language || "en";
  try {
    return Intl.getCanonicalLocales(language)[0] ?? "en";
  } catch {
    return "en";
  }
}
