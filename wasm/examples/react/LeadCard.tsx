// <lead-score> as a component of React 19, which sets properties of custom elements and listens to their events.
import { type Connection, type Lead, type LeadScore, type Scored } from "plumbline/element";
import type { HTMLAttributes, Ref } from "react";

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "lead-score": HTMLAttributes<LeadScore> & {
        lead: Lead;
        connection: Connection;
        reasons?: number;
        ref?: Ref<LeadScore>;
        "onlead-scored"?: (event: CustomEvent<Scored>) => void;
      };
    }
  }
}

interface Properties {
  lead: Lead;
  /** Of `connect`: React keeps the attribute `key` for itself. */
  connection: Connection;
  onScored?: (scored: Scored) => void;
}

/** A lead's score with its reasons. */
export function LeadCard({ lead, connection, onScored }: Properties) {
  return <lead-score lead={lead} connection={connection} onlead-scored={(event) => onScored?.(event.detail)} />;
}
