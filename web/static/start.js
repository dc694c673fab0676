// Starts the page's module; says so in words when the browser cannot.
import init from "./plumbline_web.js";

try {
  await init({ module_or_path: new URL("plumbline_web_bg.wasm", import.meta.url) });
} catch (error) {
  document.getElementById("start-words").textContent = `The page could not start: ${error.message}`;
  console.error(error);
}
