// A lead as a form, and its score: each change scores it again. Render functions, so that a strict policy allows the page.
import { connect } from "plumbline/element";
import { computed, createApp, defineComponent, h, markRaw, ref } from "vue";
import { LeadCard } from "./LeadCard.ts";

// The service is this page's own address: serve.mjs hands requests on. `markRaw`: Vue must not wrap a connection in a proxy.
const connection = markRaw(connect({ service: location.origin, rep: "kim" }));

const Page = defineComponent(() => {
  const [source, visits, band] = [ref("Referral"), ref("7"), ref("")];
  const lead = computed(() => ({ lead_id: "L-1", lead_source: source.value, pricing_page_visits: visits.value === "" ? null : Number(visits.value) }));
  const input = (label: string, value: typeof source, more = {}) =>
    h("label", [`${label} `, h("input", { ...more, value: value.value, onInput: (event: Event) => (value.value = (event.target as HTMLInputElement).value) })]);
  return () => [
    h("h1", "Lead L-1"),
    h("form", [input("Source", source), input("Visits to the pricing page", visits, { type: "number", min: 0 })]),
    h(LeadCard, { lead: lead.value, connection, onScored: ({ score }) => (band.value = score.band) }),
    h("p", ["Band: ", h("output", band.value)]),
  ];
});

createApp(Page).mount("#page");
