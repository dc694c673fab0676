// The form is the lead: each change scores it again.
const form = document.querySelector("#lead");
const card = document.querySelector("lead-score");

function show() {
  const { lead_source, pricing_page_visits } = Object.fromEntries(new FormData(form));
  card.lead = { lead_id: "L-1", lead_source, pricing_page_visits: pricing_page_visits === "" ? null : Number(pricing_page_visits) };
}

form.addEventListener("input", show);
show();
