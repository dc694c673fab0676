// Words of `<lead-list>`, in the languages that come with the package; a page may replace any of them.

/** Every text that a list shows. `{name}` stands for a value. */
export interface ListWords {
  /** Name of the table. */
  title: string;
  lead: string;
  score: string;
  band: string;
  reason: string;
  /** `{done}`, `{all}`. */
  scoring: string;
  /** `{all}`. */
  scored: string;
  empty: string;
  failed: string;
  retry: string;
  /** A lead that is worked without a score, and one that has none. */
  withheld: string;
  rejected: string;
  previous: string;
  next: string;
  /** `{page}`, `{pages}`. */
  page: string;
}

const EN: ListWords = {
  title: "Leads by score",
  lead: "Lead",
  score: "Score",
  band: "Band",
  reason: "Main reason",
  scoring: "Scoring: {done} of {all} leads",
  scored: "{all} leads are scored.",
  empty: "No leads",
  failed: "The leads could not be scored:",
  retry: "Try again",
  withheld: "withheld",
  rejected: "not scored: {code}",
  previous: "Previous",
  next: "Next",
  page: "Page {page} of {pages}",
};

const DE: ListWords = {
  title: "Leads nach Score",
  lead: "Lead",
  score: "Score",
  band: "Stufe",
  reason: "Wichtigster Grund",
  scoring: "Wird berechnet: {done} von {all} Leads",
  scored: "{all} Leads sind bewertet.",
  empty: "Keine Leads",
  failed: "Die Leads konnten nicht bewertet werden:",
  retry: "Noch einmal",
  withheld: "zurückgehalten",
  rejected: "nicht bewertet: {code}",
  previous: "Zurück",
  next: "Weiter",
  page: "Seite {page} von {pages}",
};

const AR: ListWords = {
  title: "العملاء المحتملون حسب الدرجة",
  lead: "العميل المحتمل",
  score: "الدرجة",
  band: "الفئة",
  reason: "السبب الرئيسي",
  scoring: "جارٍ الحساب: {done} من {all}",
  scored: "تم حساب {all}.",
  empty: "لا يوجد عملاء محتملون",
  failed: "تعذر حساب الدرجات:",
  retry: "إعادة المحاولة",
  withheld: "محجوبة",
  rejected: "دون درجة: {code}",
  previous: "السابق",
  next: "التالي",
  page: "صفحة {page} من {pages}",
};

const LANGUAGES = new Map([["en", EN], ["de", DE], ["ar", AR]]);

/** The texts of a language tag such as `de-AT`, or English. */
export function listWordsOf(language: string): ListWords {
  return LANGUAGES.get(language.toLowerCase().split("-")[0] ?? "") ?? EN;
}
