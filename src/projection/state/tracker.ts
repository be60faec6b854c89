import type { DocumentState } from "./orchestration-state.ts";
import { present } from "./present.ts";
import type { Reducers } from "./reducer.ts";
import { loggedSeconds } from "./seconds.ts";
import type { StateEdit } from "./state-edit.ts";

/** What the tracker and the documentation hold of the issue. */
export const trackerReducers: Reducers<
  "IssueTransitioned" | "CommentPosted" | "WorklogAdded" | "DocumentationCreated" | "ConfluencePageCreated"
> = {
  IssueTransitioned(edit, { timestamp, metadata: { from_status, to_status } }) {
    edit.put("jira_transitions", { from_status, to_status, timestamp });
  },

  CommentPosted(edit, { timestamp, metadata: { comment_id, comment_type, posted_by } }) {
    const known = edit.find("comments", comment_id);
    edit.put("comments", { ...present({ comment_id, comment_type, posted_by, timestamp }), ...known });
  },

  WorklogAdded(edit, { metadata: { time_spent_seconds } }) {
    const sum = edit.state.worklog_seconds + (loggedSeconds(time_spent_seconds) ?? 0);
    edit.set("worklog_seconds", Math.min(sum, Number.MAX_SAFE_INTEGER));
  },

  DocumentationCreated(edit, { timestamp, metadata: { doc_path, doc_title, doc_type } }) {
    putDocument(edit, present({ doc_path, doc_title, doc_type, timestamp }));
  },

  ConfluencePageCreated(edit, { timestamp, metadata: { page_id, page_title, page_url } }) {
    const doc_path = `confluence:${page_id}`;
    putDocument(edit, present({ doc_path, doc_title: page_title, url: page_url, timestamp }));
  },
};

/** The newest that is said of a document stands. */
function putDocument(edit: StateEdit, told: DocumentState): void {
  const known = edit.find("documentation", told.doc_path);
  const isNews = known === undefined || known.timestamp <= told.timestamp;
  edit.put("documentation", isNews ? { ...known, ...told } : { ...told, ...known });
}
