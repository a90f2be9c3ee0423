/* What was found in a document, for people. */
#pragma once

#include <stdio.h>

#include "app.h"
#include "draft.h"

/* The document's head and how much of each kind it holds. */
void findings_summary(app *a, const import_document *document, FILE *out);
/* Every warning with its line and the record it is about; returns how many. */
size_t findings_warnings(app *a, const import_document *document, FILE *out);
/* All items as a table or CSV on stdout. */
void findings_items(app *a, const import_document *document);
/* How many deadlines lie in years without a published calendar. */
void findings_provisional(app *a, const draft_set *set, FILE *out);
/* Which items are one task with an earlier one, and which only look so. */
void findings_twins(app *a, const draft_set *set, FILE *out);
