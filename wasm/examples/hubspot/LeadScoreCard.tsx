// A card of a HubSpot record: the service scores the contact. UI extensions run in a sandbox without a DOM, so this shows the score in HubSpot's
// own components; requests go through `hubspot.fetch` to a backend of yours, which holds the service's key: its address is in app-hsmeta.json.
import { Alert, Button, DescriptionList, DescriptionListItem, Flex, hubspot, List, LoadingSpinner, Text } from "@hubspot/ui-extensions";
import { useCrmProperties } from "@hubspot/ui-extensions/crm";
import { Client, type Fetch, type Lead, type ServedScore } from "plumbline/client";
import { useEffect, useState } from "react";

/** Your backend: it checks HubSpot's signature, adds the key and passes requests on to the service. */
const SERVICE = "https://backend.example.com";

const send: Fetch = (url, { method, headers, body }) => hubspot.fetch(url, { method, headers, body: JSON.parse(body), timeout: 5000 });
const client = new Client({ service: SERVICE, fetch: send });

/** HubSpot's properties, and the model's fields that they are. */
const FIELDS: Readonly<Record<string, string>> = { hs_object_id: "lead_id", industry: "industry", hs_analytics_source: "lead_source", hs_analytics_num_visits: "pricing_page_visits" };
/** Those that are numbers: HubSpot gives every property as a text. */
const NUMBERS = new Set(["pricing_page_visits"]);

/** A record's properties as a lead; an empty text is missing. */
export function leadOf(properties: Readonly<Record<string, string | null | undefined>>): Lead {
  return Object.fromEntries(
    Object.entries(FIELDS).map(([property, field]) => {
      const text = properties[property];
      return [field, !text ? null : NUMBERS.has(field) ? Number(text) : text];
    }),
  );
}

function LeadScoreCard({ rep }: { rep: string }) {
  const { properties, isLoading, error } = useCrmProperties(Object.keys(FIELDS));
  const [score, setScore] = useState<ServedScore>();
  const [problem, setProblem] = useState("");
  // Whether a thumb is on its way or stored, or why it is not.
  const [said, setSaid] = useState("");
  const text = JSON.stringify(leadOf(properties));
  useEffect(() => {
    if (isLoading || error) return;
    let isCurrent = true;
    setScore(undefined);
    setProblem("");
    setSaid("");
    const fail = (error: Error) => isCurrent && setProblem(error.message);
    client.score(JSON.parse(text), { reasons: 3 }).then((found) => isCurrent && setScore(found), fail);
    return () => {
      isCurrent = false;
    };
  }, [text, isLoading, error]);

  if (error) return <Alert title="The record cannot be read" variant="error">{error.message}</Alert>;
  if (problem) return <Alert title="The lead could not be scored" variant="error">{problem}</Alert>;
  if (!score) return <LoadingSpinner label="Scoring" />;
  // A lead of the exploration slice is worked without a score.
  if (score.explores) return <Text>Score withheld: this lead is in the small random share that is worked without a score.</Text>;
  const thumb = (rating: 0 | 1) => {
    const lead_id = score.lead_id ?? "";
    setSaid("Sending");
    const failed = (error: Error) => setSaid(`Not stored: ${error.message}`);
    client.feedback({ lead_id, kind: "thumb", rating, version: score.model.version, rep }).then(() => setSaid("Thank you."), failed);
  };
  return (
    <Flex direction="column" gap="small">
      <DescriptionList direction="row">
        <DescriptionListItem label="Score">{score.score}</DescriptionListItem>
        <DescriptionListItem label="Band">{score.band}</DescriptionListItem>
      </DescriptionList>
      <List>{score.reasons.map(({ field, text }) => <Text key={field}>{text}</Text>)}</List>
      {said ? <Text>{said}</Text> : (
        <Flex gap="small">
          <Button size="xs" onClick={() => thumb(1)}>Helpful</Button>
          <Button size="xs" onClick={() => thumb(0)}>Not helpful</Button>
        </Flex>
      )}
    </Flex>
  );
}

hubspot.extend<"crm.record.sidebar">(({ context }) => <LeadScoreCard rep={String(context.user.id)} />);
