import type { AuditReport, ReportEvent } from "../audit-report.ts";
import { counted, grouped } from "../words.ts";
import { DataBlock } from "./data-block.ts";
import { type Child, el, escapedText, toHtml } from "./element.ts";
import { EVENT_COLUMNS, eventRow, STATIC_EVENTS_MAX } from "./events-section.ts";
import { methodSection } from "./method.ts";
import { integritySection, overview } from "./overview.ts";
import { note, section } from "./parts.ts";
import {
  changesSection,
  gapsSection,
  qualitySection,
  restSection,
  troubleSection,
} from "./quality-sections.ts";
import { timelineSection } from "./timeline.ts";
import { SCRIPT, SCRIPT_SHA256, STYLE, STYLE_SHA256 } from "./viewer-asset.ts";
import { agentsSection, phasesSection, runsSection } from "./work-sections.ts";

/** What a browser may do with a report: run this one script, apply this one style, and nothing else. */
export const CONTENT_POLICY = [
  "default-src 'none'",
  `script-src '${SCRIPT_SHA256}'`,
  `style-src '${STYLE_SHA256}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/**
 * The report as one HTML file that needs no network: everything but filter and inspector is there without scripts.
 * The same report gives the same bytes.
 */
export async function* htmlReport(
  report: AuditReport,
  events: AsyncIterable<ReportEvent>,
): AsyncGenerator<string, void, undefined> {
  yield head(report);
  yield toHtml(overview(report));
  const parts = sections(report);
  yield toHtml(contents(parts));
  for (const { child } of parts) yield `${toHtml(child)}\n`;
  yield* eventList(report, events);
  yield `</main>\n<script>${SCRIPT}</script>\n</body>\n</html>\n`;
}

function head({ title }: AuditReport): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${escapedText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#verdict">To the verdict</a>
<main>
`;
}

interface Part {
  readonly id: string;
  readonly title: string;
  readonly child: Child;
}

function sections(report: AuditReport): readonly Part[] {
  const all: readonly Part[] = [
    { id: "integrity", title: "Trust", child: integritySection(report) },
    { id: "timeline", title: "Timeline", child: timelineSection(report) },
    { id: "runs", title: "Orchestrations", child: runsSection(report) },
    { id: "phases", title: "Phases", child: phasesSection(report) },
    { id: "trouble", title: "What went wrong", child: troubleSection(report) },
    { id: "gaps", title: "Gaps", child: gapsSection(report) },
    { id: "agents", title: "Agents", child: agentsSection(report) },
    { id: "changes", title: "Changes", child: changesSection(report) },
    { id: "quality", title: "Tests and checks", child: qualitySection(report) },
    { id: "rest", title: "Time and tokens", child: restSection(report) },
    { id: "limits", title: "Limits", child: limitsSection(report) },
    { id: "method", title: "How it is counted", child: methodSection(report) },
  ];
  return all.filter(({ child }) => child !== null);
}

function contents(parts: readonly Part[]): Child {
  const links = [...parts, { id: "events", title: "Events" }];
  return el(
    "nav",
    { "aria-label": "Contents" },
    el(
      "ul",
      {},
      links.map(({ id, title }) => el("li", {}, el("a", { href: `#${id}` }, title))),
    ),
  );
}

function limitsSection({ limits }: AuditReport): Child {
  return section(
    "limits",
    "What this report leaves out",
    el(
      "ul",
      {},
      limits.map((limit) => el("li", {}, limit)),
    ),
  );
}

async function* eventList(
  report: AuditReport,
  events: AsyncIterable<ReportEvent>,
): AsyncGenerator<string, void, undefined> {
  const all = report.audit.events;
  const cut =
    all <= STATIC_EVENTS_MAX
      ? `${counted(all, "event")} in order of record.`
      : `Without scripts, the first ${grouped(STATIC_EVENTS_MAX)} of ${grouped(all)} events are listed; all of them are in the data of this file, which the list shows where scripts run, and in eso audit -f csv.`;
  yield '<section id="events" aria-labelledby="events-title"><h2 id="events-title">Events</h2>\n<div id="eso-list">';
  yield toHtml(note(cut));
  yield '<div class="scroll" tabindex="0" role="region" aria-label="Events"><table class="events"><caption>Events in order of record</caption><thead><tr>';
  yield EVENT_COLUMNS.map((title) => toHtml(el("th", { scope: "col" }, title))).join("");
  yield "</tr></thead><tbody>\n";
  const data = new DataBlock(all);
  let shown = 0;
  for await (const event of events) {
    if (shown++ < STATIC_EVENTS_MAX) yield eventRow(event);
    await data.add(event);
  }
  yield "</tbody></table></div></div></section>\n";
  yield* data.pieces();
}
