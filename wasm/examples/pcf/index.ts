// A control of Dynamics 365 (Power Apps component framework): <lead-score> on a lead's form. PCF puts all code into one file, so the page scores
// by plain JavaScript, which is inside.
import { connect, type LeadScore } from "plumbline/element";
import type { IInputs, IOutputs } from "./generated/ManifestTypes";

/** The control's class, named by the manifest. */
export class LeadScoreControl implements ComponentFramework.StandardControl<IInputs, IOutputs> {
  private card: LeadScore | undefined;
  /** The lead that the card shows, as JSON. */
  private shown = "";

  init(context: ComponentFramework.Context<IInputs>, _changed: () => void, _state: ComponentFramework.Dictionary, container: HTMLDivElement): void {
    const { service, publishedKey } = context.parameters;
    const card = document.createElement("lead-score");
    card.setAttribute("lang", languageOf(context.userSettings.languageId));
    card.connection = connect({
      service: service.raw ?? "",
      ...(publishedKey.raw && { key: publishedKey.raw }),
      rep: context.userSettings.userId,
      scorer: () => import("plumbline/js"),
    });
    this.card = card;
    container.append(card);
  }

  updateView(context: ComponentFramework.Context<IInputs>): void {
    if (!this.card) return;
    const { leadId, source, visits } = context.parameters;
    const lead = { lead_id: leadId.raw ?? "", lead_source: source.raw, pricing_page_visits: visits.raw };
    // The form calls this for any change of its context, such as its size: the lead is scored again only where its own fields changed.
    const text = JSON.stringify(lead);
    if (text === this.shown) return;
    this.shown = text;
    this.card.lead = lead;
  }

  getOutputs(): IOutputs {
    return {};
  }

  destroy(): void {
    this.card?.remove();
  }
}

/** Dynamics numbers languages as Windows does (LCID). */
function languageOf(lcid: number): string {
  return new Map([[1031, "de"], [1025, "ar"]]).get(lcid) ?? "en";
}
