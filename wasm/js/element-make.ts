// Makes elements of a page: texts become text nodes, never markup.

const page = globalThis.document;
const create = page?.createElement.bind(page);

/** An element with attributes and children. @internal */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Readonly<Record<string, string>> = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const element = create(tag);
  for (const name in attributes) element.setAttribute(name, attributes[name] as string);
  element.append(...children);
  return element;
}
