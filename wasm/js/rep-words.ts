// Words of the rep's own judgement, in the languages that come with the package.

/** Every text of the panel. */
export interface RepWords {
  title: string;
  priority: string;
  /** No priority is set. */
  none: string;
  /** The most and the least urgent. */
  most: string;
  least: string;
  satisfaction: string;
  unhelpful: string;
  send: string;
  later: string;
  thanks: string;
}

const EN: RepWords = {
  title: "Your own judgement",
  priority: "Your priority for this lead",
  none: "not set",
  most: "10, most urgent",
  least: "1, least urgent",
  satisfaction: "How satisfied are you with these scores, from 1 to 10?",
  unhelpful: "The scores do not help me",
  send: "Send",
  later: "Not now",
  thanks: "Thank you.",
};

const DE: RepWords = {
  title: "Ihr eigenes Urteil",
  priority: "Ihre Priorität für diesen Lead",
  none: "nicht gesetzt",
  most: "10, am dringendsten",
  least: "1, am wenigsten dringend",
  satisfaction: "Wie zufrieden sind Sie mit diesen Scores, von 1 bis 10?",
  unhelpful: "Die Scores helfen mir nicht",
  send: "Senden",
  later: "Nicht jetzt",
  thanks: "Danke.",
};

const AR: RepWords = {
  title: "تقديرك الشخصي",
  priority: "أولويتك لهذا العميل",
  none: "غير محددة",
  most: "10، الأكثر إلحاحًا",
  least: "1، الأقل إلحاحًا",
  satisfaction: "ما مدى رضاك عن هذه الدرجات من 1 إلى 10؟",
  unhelpful: "الدرجات لا تساعدني",
  send: "إرسال",
  later: "ليس الآن",
  thanks: "شكرًا.",
};

const LANGUAGES = new Map([["en", EN], ["de", DE], ["ar", AR]]);

/** The texts of a language tag such as `de-AT`, or English. @internal */
export function repWordsOf(language: string): RepWords {
  return LANGUAGES.get(language.toLowerCase().split("-")[0] ?? "") ?? EN;
}
