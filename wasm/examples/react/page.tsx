// A lead as a form, and its score: each change scores it again.
import { connect, type Lead } from "plumbline/element";
import { useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { LeadCard } from "./LeadCard.tsx";

// The service is this page's own address: serve.mjs hands requests on.
const connection = connect({ service: location.origin, rep: "kim" });

function Page() {
  const [source, setSource] = useState("Referral");
  const [visits, setVisits] = useState("7");
  const [band, setBand] = useState("");
  const lead = useMemo<Lead>(() => ({ lead_id: "L-1", lead_source: source, pricing_page_visits: visits === "" ? null : Number(visits) }), [source, visits]);
  return (
    <>
      <h1>Lead L-1</h1>
      <form>
        <label>Source <input value={source} onChange={(event) => setSource(event.target.value)} /></label>
        <label>Visits to the pricing page <input type="number" min="0" value={visits} onChange={(event) => setVisits(event.target.value)} /></label>
      </form>
      <LeadCard lead={lead} connection={connection} onScored={({ score }) => setBand(score.band)} />
      <p>Band: <output>{band}</output></p>
    </>
  );
}

const root = document.getElementById("page");
if (root) createRoot(root).render(<Page />);
