// Words of the elements, in the languages that come with the package; a page may replace any of them.

/** Every text that an element shows. `{name}` stands for a value. */
export interface Words {
  /** Name of the element for screen readers. */
  title: string;
  loading: string;
  /** Spoken and shown where there is no lead. */
  empty: string;
  failed: string;
  retry: string;
  /** `{score}`, `{band}`. */
  spoken: string;
  /** The score is hidden, because the lead is in the exploration slice. */
  explores: string;
  not_enough: string;
  /** `{fields}`. */
  unknown_values: string;
  average: string;
  others: string;
  reasons: string;
  no_reasons: string;
  /** `{from}`, `{to}`, `{points}`, `{date}`. */
  changed: string;
  /** `{from}`, `{to}`: versions. */
  changed_model: string;
  /** `{fields}`. */
  changed_by: string;
  details: string;
  field: string;
  value: string;
  points: string;
  missing: string;
  total: string;
  /** `{name}`, `{version}`, `{date}`. */
  model: string;
  in_page: string;
  by_service: string;
  /** `{date}`. */
  stale: string;
  question: string;
  up: string;
  down: string;
  why: string;
  send: string;
  skip: string;
  thanks: string;
  /** Feedback is kept in the browser until the service takes it. */
  queued: string;
  /** The service rejected feedback; `{code}`. */
  rejected: string;
}

const EN: Words = {
  title: "Lead score",
  loading: "Scoring …",
  empty: "No lead",
  failed: "The lead could not be scored:",
  retry: "Try again",
  spoken: "Score {score} of 100, {band}",
  explores: "Score withheld: this lead is in the small random share that is worked without a score.",
  not_enough: "Not enough data: the score is that of an average lead.",
  unknown_values: "Value unknown to the model, scored as missing: {fields}",
  average: "Average lead",
  others: "Other reasons",
  reasons: "Reasons",
  no_reasons: "This model gives no reasons.",
  changed: "Since {date}: {from} → {to} ({points})",
  changed_model: "New model: {from} → {to}",
  changed_by: "Mostly by {fields}",
  details: "All contributions",
  field: "Field",
  value: "Value",
  points: "Points",
  missing: "missing",
  total: "Score",
  model: "{name} {version}, {date}",
  in_page: "scored in this page",
  by_service: "scored by the service",
  stale: "model last checked {date}",
  question: "Is this score helpful?",
  up: "Yes, helpful",
  down: "No, not helpful",
  why: "Why? (optional)",
  send: "Send",
  skip: "No reason",
  thanks: "Thank you.",
  queued: "Saved; it is sent when the service can be reached.",
  rejected: "The service did not take the feedback: {code}",
};

const DE: Words = {
  title: "Lead-Score",
  loading: "Wird berechnet …",
  empty: "Kein Lead",
  failed: "Der Lead konnte nicht bewertet werden:",
  retry: "Noch einmal",
  spoken: "Score {score} von 100, {band}",
  explores: "Score zurückgehalten: Dieser Lead gehört zum kleinen Zufallsanteil, der ohne Score bearbeitet wird.",
  not_enough: "Zu wenig Daten: Der Score ist der eines durchschnittlichen Leads.",
  unknown_values: "Dem Modell unbekannter Wert, wie fehlend bewertet: {fields}",
  average: "Durchschnittlicher Lead",
  others: "Weitere Gründe",
  reasons: "Gründe",
  no_reasons: "Dieses Modell nennt keine Gründe.",
  changed: "Seit {date}: {from} → {to} ({points})",
  changed_model: "Neues Modell: {from} → {to}",
  changed_by: "Vor allem durch {fields}",
  details: "Alle Beiträge",
  field: "Feld",
  value: "Wert",
  points: "Punkte",
  missing: "fehlt",
  total: "Score",
  model: "{name} {version}, {date}",
  in_page: "auf dieser Seite berechnet",
  by_service: "vom Dienst berechnet",
  stale: "Modell zuletzt geprüft {date}",
  question: "Hilft dieser Score?",
  up: "Ja, er hilft",
  down: "Nein, er hilft nicht",
  why: "Warum? (freiwillig)",
  send: "Senden",
  skip: "Ohne Grund",
  thanks: "Danke.",
  queued: "Gespeichert; wird gesendet, sobald der Dienst erreichbar ist.",
  rejected: "Der Dienst hat die Rückmeldung nicht angenommen: {code}",
};

const AR: Words = {
  title: "درجة العميل المحتمل",
  loading: "جارٍ الحساب …",
  empty: "لا يوجد عميل محتمل",
  failed: "تعذّر حساب الدرجة:",
  retry: "إعادة المحاولة",
  spoken: "الدرجة {score} من 100، {band}",
  explores: "الدرجة محجوبة: هذا العميل ضمن النسبة العشوائية الصغيرة التي تُعالج دون درجة.",
  not_enough: "البيانات غير كافية: الدرجة هي درجة عميل متوسط.",
  unknown_values: "قيمة لا يعرفها النموذج وحُسبت كأنها مفقودة: {fields}",
  average: "العميل المتوسط",
  others: "أسباب أخرى",
  reasons: "الأسباب",
  no_reasons: "هذا النموذج لا يذكر أسبابًا.",
  changed: "منذ {date}: {from} ← {to} ({points})",
  changed_model: "نموذج جديد: {from} ← {to}",
  changed_by: "بسبب {fields} غالبًا",
  details: "كل المساهمات",
  field: "الحقل",
  value: "القيمة",
  points: "النقاط",
  missing: "مفقودة",
  total: "الدرجة",
  model: "{name} {version}، {date}",
  in_page: "حُسبت في هذه الصفحة",
  by_service: "حسبتها الخدمة",
  stale: "آخر تحقق من النموذج {date}",
  question: "هل هذه الدرجة مفيدة؟",
  up: "نعم، مفيدة",
  down: "لا، غير مفيدة",
  why: "لماذا؟ (اختياري)",
  send: "إرسال",
  skip: "دون سبب",
  thanks: "شكرًا.",
  queued: "حُفظت، وستُرسل عند توفر الخدمة.",
  rejected: "لم تقبل الخدمة الملاحظة: {code}",
};

const LANGUAGES = new Map<string, Words>([["en", EN], ["de", DE], ["ar", AR]]);

/** Adds a language, or replaces texts of one; texts that are missing stay as they are, or English. */
export function addWords(language: string, words: Partial<Words>): void {
  const key = language.toLowerCase();
  LANGUAGES.set(key, { ...wordsOf(key), ...words });
}

/** The texts of a language tag such as `de-AT`, or English. */
export function wordsOf(language: string): Words {
  const key = language.toLowerCase();
  return LANGUAGES.get(key) ?? LANGUAGES.get(key.split("-")[0] ?? "") ?? EN;
}
