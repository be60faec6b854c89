import { defineEventType } from "../definition.ts";

const DocumentationCreated = defineEventType({
  type: "DocumentationCreated",
  version: "1.0.0",
  description: "A document was written.",
  required: (f) => ({ doc_path: f.name("Where it lies in the repository.") }),
  optional: (f) => ({
    doc_type: f.name("The kind of document."),
    doc_title: f.text("Its title."),
    created_by: f.name("Who wrote it."),
    word_count: f.count("Words in it."),
    sections: f.list("Its headings."),
    linked_to_jira: f.yesNo("Whether the issue links to it."),
    synced_to_confluence: f.yesNo("Whether it is published in Confluence."),
  }),
});

const ConfluencePageCreated = defineEventType({
  type: "ConfluencePageCreated",
  version: "1.0.0",
  description: "A Confluence page was created.",
  required: (f) => ({ page_id: f.name("Confluence's id of the page.") }),
  optional: (f) => ({
    page_url: f.name("Its address."),
    page_title: f.text("Its title."),
    space_key: f.name("The space that it lies in."),
    parent_page_id: f.name("The page above it."),
    content_length: f.count("Characters in it."),
    created_by: f.name("Who created it."),
    labels: f.list("Its labels."),
    linked_to_jira: f.yesNo("Whether the issue links to it."),
  }),
});

export const documentationTypes = { DocumentationCreated, ConfluencePageCreated } as const;
