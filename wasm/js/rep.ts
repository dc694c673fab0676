// The rep's own judgement below the card: a priority for the lead, and from time to time two questions. `<lead-score>` loads this where its
// attributes `priority` or `ask-days` ask for it.
import { languageOf } from "./element-attributes.ts";
import type { Connection } from "./element-connection.ts";
import { clock } from "./element-globals.ts";
import { make } from "./element-make.ts";
import { isRightToLeft } from "./element-text.ts";
import { type RepWords, repWordsOf } from "./rep-words.ts";

/** How long a priority may still be changed before it is sent, in milliseconds. */
const HOLD = 3000;
const DAY = 86_400_000;

/** Roots whose question is open. */
const ASKING = new WeakSet<ShadowRoot>();

/** What the panel is about. @internal */
export interface About {
  element: Element;
  root: ShadowRoot;
  connection: Connection;
  lead_id: string;
  version: string;
  /** Whether the lead is still the one shown. */
  isCurrent: () => boolean;
}

/** Shows the panel below the card, in place of the one before. @internal */
export async function panel(about: About): Promise<void> {
  const { element, root, connection, lead_id, isCurrent } = about;
  const [isPriority, days] = [element.hasAttribute("priority"), Number(element.getAttribute("ask-days") ?? NaN)];
  const store = await connection.store;
  const remembered = `priority ${connection.service} ${connection.rep ?? ""} ${lead_id}`;
  const priority = isPriority ? await store.get<number>("seen", remembered) : undefined;
  const asks = days > 0 && (ASKING.has(root) || isDue(await store.get<number>("deployments", asking(about)), days));
  if (!isCurrent()) return;
  const language = languageOf(element);
  const words = repWordsOf(language);
  const parts: HTMLElement[] = [];
  if (isPriority) parts.push(ranked(about, words, priority, (value) => store.put("seen", remembered, value)));
  if (asks) parts.push(asked(about, words, days));
  const old = root.querySelector("[part=rep]");
  // What a person is using stays as it is.
  if (old?.contains(root.activeElement) && old.getAttribute("data-lead") === lead_id) return;
  old?.remove();
  if (parts.length === 0) return;
  const dir = isRightToLeft(language) ? "rtl" : "ltr";
  root.append(make("section", { part: "rep", class: "card rep", lang: language, dir, "aria-label": words.title, "data-lead": lead_id }, ...parts));
}

/** Under what name it is kept when the rep was asked. */
const asking = ({ connection }: About) => `asked ${connection.service} ${connection.rep ?? ""}`;

/** Whether it is time to ask, with `last` the time of the last question. */
function isDue(last: number | undefined, days: number): boolean {
  return last === undefined || clock() - last >= days * DAY;
}

/** Notes that the rep is asked now; false where another tab asked meanwhile. Once asked, it is not time for `days` days, in no tab. */
async function claim(about: About, days: number): Promise<boolean> {
  let isOurs = false;
  const store = await about.connection.store;
  await store.change<number>("deployments", asking(about), (last) => {
    isOurs = isDue(last, days);
    return isOurs ? clock() : undefined;
  });
  return isOurs;
}

function ranked({ connection, lead_id, version }: About, words: RepWords, priority: number | undefined, keep: (value: number) => void): HTMLElement {
  // What was set can be changed, but not taken back.
  const none = priority === undefined ? [make("option", { value: "" }, words.none)] : [];
  const select = make("select", { part: "priority", id: "priority" }, ...none);
  for (let value = 10; value >= 1; value--) {
    select.append(make("option", { value: String(value) }, value === 10 ? words.most : value === 1 ? words.least : String(value)));
  }
  select.value = priority === undefined ? "" : String(priority);
  let last: Promise<string> | undefined;
  select.addEventListener("change", async () => {
    const rating = Number(select.value);
    if (rating === 0) return;
    keep(rating);
    none[0]?.remove();
    // One that is still held becomes the other.
    if (last && (await connection.amend(await last, { rating }, HOLD))) return;
    last = connection.feedback(lead_id, version, { kind: "priority", rating }, HOLD);
  });
  return make("div", { class: "feedback" }, make("label", { for: "priority" }, words.priority), select);
}

function asked(about: About, words: RepWords, days: number): HTMLElement {
  const { root, connection, lead_id, version } = about;
  const choices = make("select", { part: "satisfaction", id: "satisfaction" }, make("option", { value: "" }, "–"));
  for (let value = 1; value <= 10; value++) choices.append(make("option", { value: String(value) }, String(value)));
  const unhelpful = make("input", { type: "checkbox", part: "unhelpful", id: "unhelpful" });
  const form = make("form", { class: "feedback", part: "question" },
    make("label", { for: "satisfaction" }, words.satisfaction), choices,
    make("span", {}, unhelpful, " ", make("label", { for: "unhelpful" }, words.unhelpful)),
    make("button", { type: "submit", part: "send" }, words.send), make("button", { type: "button", part: "later" }, words.later));
  let isClosed = false;
  const close = (text = "") => {
    isClosed = true;
    ASKING.delete(root);
    form.replaceChildren(make("span", { role: "status" }, text));
    if (!text) form.remove();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (choices.value) void connection.feedback(lead_id, version, { kind: "satisfaction", rating: Number(choices.value) });
    if (unhelpful.checked) void connection.feedback(lead_id, version, { kind: "unhelpful" });
    close(choices.value || unhelpful.checked ? words.thanks : "");
  });
  form.querySelector("[part=later]")?.addEventListener("click", () => close());
  if (ASKING.has(root)) return form;
  // A question that no one has seen was not asked.
  const watch = new IntersectionObserver(async (entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    if (!(await claim(about, days))) {
      const section = form.parentElement;
      form.remove();
      if (section?.childElementCount === 0) section.remove();
    } else if (!isClosed) ASKING.add(root);
  });
  watch.observe(form);
  return form;
}
