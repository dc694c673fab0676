// Texts as elements show them: filled, in a bounded length, in their direction.

/** Whether a language is written from right to left. @internal */
export function isRightToLeft(language: string): boolean {
  return /^(ar|arc|ckb|dv|fa|he|iw|ks|ps|sd|ug|ur|yi)\b/i.test(language);
}

/** `text` with its placeholders filled, each value once and as it is. @internal */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** The longest text of a lead that is shown. */
const LONGEST = 200;

/** `text` in a length that a page can show: never half a character. @internal */
export function short(text: string, longest = LONGEST): string {
  if (text.length <= longest) return text;
  const end = /[\uD800-\uDBFF]/.test(text.charAt(longest - 1)) ? longest - 1 : longest;
  return `${text.slice(0, end)}…`;
}
