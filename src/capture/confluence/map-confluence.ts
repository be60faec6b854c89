import { naturalKey } from "../natural-keys.ts";
import { eventOf, keySources, mapped, type Mapped, type Surroundings, unmapped } from "../webhook/mapping.ts";
import {
  addressOf,
  at,
  hostOf,
  idOf,
  LIMITS,
  nameOf,
  namesOf,
  objectOf,
  timeOf,
} from "../webhook/payload.ts";

/** Stands for the wiki that does not say its name, as Data Center's payloads do not. */
const NAMELESS = "unknown";

/** What a webhook of Confluence tells: pages that were created. */
export function mapConfluence(payload: unknown, name: string | undefined, around: Surroundings): Mapped {
  const object = objectOf(payload);
  if (object === undefined) return unmapped("not a JSON object");
  const { rules } = around;
  const page = objectOf(object["page"]);
  const event =
    nameOf(object["event"], 64) ??
    nameOf(object["webhookEvent"], 64) ??
    nameOf(name, 64) ??
    "an unknown kind";
  if (event !== "page_created") return unmapped(`no event is made of ${event}`);
  const id = idOf(at(page, "id")) ?? idOf(at(page, "idAsString"));
  if (id === undefined) return unmapped("the page has no id");
  const [title, account] = [
    nameOf(at(page, "title"), LIMITS.title),
    idOf(object["userAccountId"] ?? object["userKey"] ?? at(page, "creatorAccountId")),
  ];
  const labels = namesOf(page?.["labels"], "name");
  const host = hostOf(at(page, "self"), at(page, "_links", "base")) ?? rules.confluenceHost ?? NAMELESS;
  const isMachine =
    object["accountType"] === "app" || (account !== undefined && rules.bots?.includes(account) === true);
  const [found] = mapped([
    eventOf(
      {
        type: "ConfluencePageCreated",
        key: naturalKey.page(host, id),
        at: timeOf(at(page, "creationDate")) ?? timeOf(object["timestamp"]),
        actor: { type: isMachine ? "system" : "user", id: account ?? "unknown" },
        sources: keySources({ prTitle: title, body: labels.map((label) => label.toUpperCase()).join(" ") }),
        url: at(page, "self"),
        metadata: {
          page_id: id,
          page_url: addressOf(at(page, "self")),
          page_title: title,
          space_key: nameOf(at(page, "spaceKey")) ?? nameOf(at(page, "space", "key")),
          parent_page_id: idOf(at(page, "parentId")),
          created_by: account,
          labels: labels.length > 0 ? labels : undefined,
        },
      },
      around,
    ),
  ]).events;
  return mapped([found]);
}
