// <lead-score> as a component of Vue 3.
import { type Connection, type Lead, type Scored } from "plumbline/element";
import { defineComponent, h, type PropType } from "vue";

/** A lead's score with its reasons. In a template: `<lead-score .lead="lead" .connection="connection" @lead-scored="…">`, with `isCustomElement`. */
export const LeadCard = defineComponent({
  props: {
    lead: { type: Object as PropType<Lead>, required: true },
    /** Of `connect`: Vue keeps the attribute `key` for itself. */
    connection: { type: Object as PropType<Connection>, required: true },
  },
  emits: { scored: (scored: Scored) => scored !== undefined },
  setup(properties, { emit }) {
    // A dot sets a property, never an attribute.
    return () => h("lead-score", { ".lead": properties.lead, ".connection": properties.connection, onLeadScored: ({ detail }: CustomEvent<Scored>) => emit("scored", detail) });
  },
});
