// Puts markup into the document, keeping what is the same, and hands texts to the browser as files.
import { Idiomorph } from "./idiomorph.js";

const whole = new Set(["svg", "tr", "li", "section", "nav", "figure", "g"]);
const sheet = document.createElement("template");
const config = {
  morphStyle: "innerHTML",
  callbacks: {
    // <details> and <dialog> are opened by people and by showModal(); markup does not close them.
    beforeAttributeUpdated: (name, element) => !(name === "open" && (element.localName === "details" || element.localName === "dialog")),
    // What did not change is not walked. This is safe because the value of every input is in the markup.
    beforeNodeMorphed: (old, next) => !(whole.has(old.localName) && old.isEqualNode(next)),
  },
};

export function morph(target, html) {
  sheet.innerHTML = html;
  Idiomorph.morph(target, sheet.content.childNodes, config);
}

export function keep(name, kind, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: kind }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
