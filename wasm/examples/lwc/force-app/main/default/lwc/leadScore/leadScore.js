// A component of a lead's record page: <lead-score> with the record's fields. The service must be a CSP Trusted Site (connect-src).
import { LightningElement, api, wire } from "lwc";
import { getFieldValue, getRecord } from "lightning/uiRecordApi";
import { loadScript } from "lightning/platformResourceLoader";
import userId from "@salesforce/user/Id";
import INDUSTRY from "@salesforce/schema/Lead.Industry";
import SOURCE from "@salesforce/schema/Lead.LeadSource";
import PLUMBLINE from "@salesforce/resourceUrl/plumbline";

/** Salesforce's fields, and the model's fields that they are. */
const FIELDS = [[INDUSTRY, "industry"], [SOURCE, "lead_source"]];

export default class LeadScore extends LightningElement {
  @api recordId;
  @api service;
  @api publishedKey;
  isReady = false;
  problem = "";
  lead;

  @wire(getRecord, { recordId: "$recordId", fields: [INDUSTRY, SOURCE] })
  found({ data, error }) {
    if (error) this.problem = error.body?.message ?? "The record cannot be read.";
    if (!data) return;
    this.lead = { lead_id: this.recordId };
    for (const [field, name] of FIELDS) this.lead[name] = getFieldValue(data, field) ?? null;
    this.show();
  }

  async connectedCallback() {
    try {
      await loadScript(this, PLUMBLINE);
      this.isReady = true;
    } catch (error) {
      this.problem = error.message ?? "The static resource plumbline is missing.";
    }
  }

  renderedCallback() {
    this.show();
  }

  show() {
    const card = this.refs?.card;
    if (!card || !this.lead) return;
    card.connection ??= window.plumbline.connect({ service: this.service, key: this.publishedKey, rep: userId });
    if (card.lead !== this.lead) card.lead = this.lead;
  }
}
